"""Receipt draft: what every receipt tells of its place in the chain, its Version and its maker."""

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
from eval.ledger.ledger import CHAMPION, Ledger, Link
from eval.ledger.recording import provenance
from eval.receipts.chain import (
    attached_names,
    follow_chain,
    receipt_name,
    signature_name,
    verdict_name,
)
from eval.receipts.receipt import Receipt, parse_receipt
from eval.receipts.signature import SigningKey
from pipeline.errors import WinnowError
from pipeline.files import hash_file

USER_VARIABLE = "WINNOW_USER"
"""Names whoever promotes, before all else."""


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


def draft_receipt(
    workspace: Workspace,
    chain: Sequence[Link],
    to: str,
    files: Mapping[str, Path],
    environ: Mapping[str, str],
    **told: Any,
) -> Receipt:
    """Return the unsigned receipt that follows a chain as it was read.

    Args:
        workspace: Where the code stands.
        chain: Every link so far.
        to: The Version that becomes champion.
        files: Its files, each verified by its MD5.
        environ: Says who acts.
        told: The other fields of a receipt: kind, grounds, reason and the rest.
    """
    head = chain[-1] if chain else None
    origin = provenance(workspace.root, environ)
    return Receipt(
        number=len(chain) + 1,
        previous=head.receipt if head else None,
        from_=head.version if head else None,
        to=to,
        who=actor(workspace.root, environ),
        when=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        revision=origin["baseline"],
        dirty=origin["dirty"],
        files={name: hash_file(path) for name, path in sorted(files.items())},
        **told,
    )


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt as it is appended; `attachments` are its bytes, signature and Verdict by name."""

    receipt: Receipt
    attachments: Mapping[str, bytes]


def sign_receipt(
    receipt: Receipt, key: SigningKey | None, verdict: bytes | None = None
) -> SignedReceipt:
    """Name the signer in a receipt and sign it, where there is a key.

    Args:
        receipt: Without a signer yet.
        key: None leaves it unsigned.
        verdict: The canonical JSON whose hash the receipt names, if it names one.
    """
    signed = receipt if key is None else receipt.model_copy(update={"signer": key.public})
    attachments = {receipt_name(signed.hash): signed.content}
    if key is not None:
        attachments[signature_name(signed.hash)] = key.sign(signed.content)
    if signed.verdict is not None and verdict is not None:
        attachments[verdict_name(signed.verdict.hash)] = verdict
    return SignedReceipt(signed, attachments)


Step = Literal["recorded", "uploaded", "kept", "appended", "pointed", "copied", "unfinished"]
Told = Callable[[Step, str], None]
"""Is told after each step what was done, in one line."""


class Succession:
    """Takes a ledger, and the remote that has copies of its receipts, None where none has.

    Once the receipt is appended its Version is champion, whatever happens after: what could not
    be done then is told as `unfinished`, and `winnow doctor --repair` does it.
    """

    def __init__(self, ledger: Ledger, remote: DvcRemote | None, told: Told) -> None:
        """Take where receipts go; nothing is written yet."""
        self._ledger = ledger
        self._remote = remote
        self._told = told

    def append(self, signed: SignedReceipt) -> None:
        """Append a receipt with its files, let the aliases follow, and copy it to the remote.

        Raises:
            ConflictError: somebody else's receipt has that place.
            LedgerError: the ledger cannot be reached; nothing was appended.
        """
        receipt = signed.receipt
        link = Link(receipt.hash, receipt.to)
        self._ledger.append(link, receipt.previous, signed.attachments)
        place = f"receipt {receipt.number} ({receipt.hash[:12]})"
        self._told("appended", f"{place} makes {receipt.to} champion")
        try:
            self._follow()
            if self._remote is not None:
                self._copy(self._remote, signed)
        except WinnowError as error:
            self._told(
                "unfinished",
                f"{receipt.to} is champion, but what follows is not done ({error}); complete it "
                "with `winnow doctor --repair`",
            )

    def complete(self, head: Link) -> bool:
        """Do for the last receipt what a process that was ended after it left undone, if anything.

        Raises:
            LedgerError: the ledger cannot be reached, or lacks a file of that receipt.
            RemoteError: the remote cannot be used.
        """
        behind = self._ledger.aliases().get(CHAMPION) != head.version
        if behind:
            self._follow()
        receipt = parse_receipt(self._ledger.attachment(receipt_name(head.receipt)), head.receipt)
        if self._remote is None or receipt.remote is None:
            return behind
        lacking = [name for name in attached_names(receipt) if self._remote.read(name) is None]
        if lacking:
            found = {name: self._ledger.attachment(name) for name in lacking}
            self._copy(self._remote, SignedReceipt(receipt, found))
        return behind or bool(lacking)

    def _follow(self) -> None:
        follow_chain(self._ledger)
        self._told("pointed", "the alias `champion` follows")

    def _copy(self, remote: DvcRemote, signed: SignedReceipt) -> None:
        # The receipt itself comes last: whoever finds it there finds what it names.
        for name in reversed(list(signed.attachments)):
            remote.write(name, signed.attachments[name])
        self._told("copied", f"the receipt is copied to {remote.url}/winnow")
