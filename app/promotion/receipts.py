"""Receipts as they are made: drafted, signed, appended, then followed by aliases and copies.

Once a receipt is appended its Version is champion, whatever happens after. The aliases only let
others read in MLflow what the chain says; they may lag behind it and never lead.
"""

import getpass
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from app.storage.remote import DvcRemote
from app.workspace.git import git_setting
from app.workspace.workspace import Workspace
from eval.ledger.ledger import CHALLENGER, CHAMPION, Ledger, Link
from eval.ledger.recording import provenance
from eval.receipts.chain import (
    attached_names,
    read_receipt,
    receipt_name,
    signature_name,
    verdict_name,
)
from eval.receipts.receipt import Receipt
from eval.receipts.signature import SigningKey
from pipeline.errors import WinnowError
from pipeline.files import hash_file

USER_VARIABLE = "WINNOW_USER"
"""Names whoever promotes, before all else."""

Step = Literal["recorded", "uploaded", "kept", "appended", "pointed", "copied", "unfinished"]
OnStep = Callable[[Step, str], None]
"""Is told after each step what was done, in one line."""


@dataclass(frozen=True, slots=True)
class ReceiptWriter:
    """Writes receipts into a ledger, and copies of them to the remote, None where none has any.

    `environ` says who acts. What could not be done after a receipt was appended is told as
    `unfinished`, and `winnow doctor --repair` does it.
    """

    workspace: Workspace
    ledger: Ledger
    remote: DvcRemote | None
    environ: Mapping[str, str]
    on_step: OnStep

    def draft(
        self, chain: Sequence[Link], to: str, files: Mapping[str, Path], **fields: Any
    ) -> Receipt:
        """Return the unsigned receipt that follows a chain as it was read.

        Args:
            chain: Every link so far.
            to: The Version that becomes champion.
            files: Its files, each verified by its MD5.
            fields: The other fields of a receipt: kind, grounds, reason and the rest.
        """
        head = chain[-1] if chain else None
        root = self.workspace.root
        origin = provenance(root, self.environ)
        return Receipt(
            number=len(chain) + 1,
            previous=head.receipt if head else None,
            from_=head.version if head else None,
            to=to,
            who=actor(root, self.environ),
            when=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            revision=origin["baseline"],
            dirty=origin["dirty"],
            files={name: hash_file(path) for name, path in sorted(files.items())},
            **fields,
        )

    def append(
        self, draft: Receipt, key: SigningKey | None, verdict: bytes | None = None
    ) -> Receipt:
        """Sign a receipt, append it with its files, and let aliases and copies follow.

        Args:
            draft: Without a signer yet.
            key: None leaves it unsigned.
            verdict: The canonical JSON whose hash the receipt names, if it names one.

        Raises:
            ConflictError: somebody else's receipt has that place.
            LedgerError: the ledger cannot be reached; nothing was appended.
        """
        receipt = draft.model_copy(update={"signer": key.public}) if key else draft
        files = {receipt_name(receipt.hash): receipt.content}
        if key is not None:
            files[signature_name(receipt.hash)] = key.sign(receipt.content)
        if receipt.verdict is not None and verdict is not None:
            files[verdict_name(receipt.verdict.hash)] = verdict
        self.ledger.append(Link(receipt.hash, receipt.to), receipt.previous, files)
        number = f"receipt {receipt.number} ({receipt.hash[:12]})"
        self.on_step("appended", f"{number} makes {receipt.to} champion")
        try:
            self._follow()
            self._copy(files)
        except WinnowError as error:
            self.on_step(
                "unfinished",
                f"{receipt.to} is champion, but what follows is not done ({error}); complete it "
                "with `winnow doctor --repair`",
            )
        return receipt

    def complete(self, head: Link) -> bool:
        """Do for the last receipt what a process that was ended after it left undone, if anything.

        Raises:
            LedgerError: the ledger cannot be reached, or lacks a file of that receipt.
            RemoteError: the remote cannot be used.
        """
        behind = self.ledger.aliases().get(CHAMPION) != head.version
        if behind:
            self._follow()
        receipt = read_receipt(self.ledger, head)
        if self.remote is None or receipt.remote is None:
            return behind
        lacking = [name for name in attached_names(receipt) if self.remote.read(name) is None]
        if lacking:
            self._copy({name: self.ledger.attachment(name) for name in lacking})
        return behind or bool(lacking)

    def _follow(self) -> None:
        point_champion(self.ledger)
        self.on_step("pointed", "the alias `champion` follows")

    def _copy(self, files: Mapping[str, bytes]) -> None:
        if self.remote is None:
            return
        # The receipt itself comes last: whoever finds it there finds what it names.
        for name in reversed(list(files)):
            self.remote.write(name, files[name])
        self.on_step("copied", f"the receipt is copied to {self.remote.url}/winnow")


def point_champion(ledger: Ledger) -> None:
    """Let the alias `champion` name the chain's last Version, and no challenger be the champion.

    The chain is read again after writing until it stays the same: of several who write, the last
    one has seen the last link. An alias that stands right is not written; with an empty chain
    nothing is.

    Raises:
        LedgerError: the ledger cannot be reached, or the champion's Scorecard is not recorded.
    """
    links = ledger.chain()
    followed: Link | None = None
    while links and links[-1] != followed:
        followed = links[-1]
        aliases = ledger.aliases()
        if aliases.get(CHAMPION) != followed.version:
            ledger.point(CHAMPION, followed.version)
        if aliases.get(CHALLENGER) == followed.version:
            ledger.point(CHALLENGER, None)
        links = ledger.chain()


def point_challenger(ledger: Ledger, version: str) -> None:
    """Let the alias `challenger` name a Version that passed the gate against the champion.

    Where there is no champion, nothing can be challenged, and nothing is written; nor is it where
    the Version is champion itself.

    Raises:
        LedgerError: the ledger cannot be reached, or no Scorecard of that Version is recorded.
    """
    if ledger.champion() in (None, version):
        return
    if ledger.aliases().get(CHALLENGER) != version:
        ledger.point(CHALLENGER, version)
    # It may have become champion while it was pointed at.
    if ledger.champion() == version:
        ledger.point(CHALLENGER, None)


def actor(root: Path, environ: Mapping[str, str]) -> str:
    """Return who acts here, in one line.

    WINNOW_USER, else who started the run in GitHub Actions with the run's address, else git's
    `user.name <user.email>`, else `user@host`.
    """
    found = (
        environ.get(USER_VARIABLE, "")
        or _in_actions(environ)
        or _in_git(root, environ)
        or f"{_login()}@{platform.node() or 'localhost'}"
    )
    return " ".join(found.split())


def _in_actions(environ: Mapping[str, str]) -> str:
    who = environ.get("GITHUB_ACTOR", "")
    if environ.get("GITHUB_ACTIONS") != "true" or not who:
        return ""
    parts = [environ.get(f"GITHUB_{each}", "") for each in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    server, repository, run = parts
    return f"{who} ({server}/{repository}/actions/runs/{run})" if all(parts) else who


def _in_git(root: Path, environ: Mapping[str, str]) -> str:
    name = environ.get("GIT_COMMITTER_NAME") or git_setting(root, "user.name", environ)
    email = environ.get("GIT_COMMITTER_EMAIL") or git_setting(root, "user.email", environ)
    return f"{name} <{email}>" if name and email else name


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # An account without a name, as in a container that runs as any number.
        return "somebody"
