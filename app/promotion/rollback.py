"""Rollback: the champion before, or an earlier one, is champion again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.promotion.receipts import Succession, Told, draft_receipt, sign_receipt
from app.storage.remote import DvcRemote
from app.storage.version_objects import folder_files
from app.workspace.workspace import Workspace
from eval.ledger.ledger import Ledger, Link
from eval.receipts.chain import read_receipts, standing
from eval.receipts.receipt import Receipt
from eval.receipts.signature import signing_key
from pipeline.errors import PrerequisiteError, VersionError
from pipeline.files import hash_file


def proven_files(workspace: Workspace, receipt: Receipt) -> Mapping[str, Path]:
    """Return the files of the Version that a receipt made champion, fetched if need be.

    Raises:
        VersionError: they are absent, are not those of the receipt, or make no Version.
        ArtifactError: a file is broken.
    """
    from pipeline.versions.version import open_version

    files = folder_files(workspace, receipt.to)
    found = {name: hash_file(path) for name, path in files.items()}
    changed = sorted(
        name
        for name in found.keys() | receipt.files.keys()
        if found.get(name) != receipt.files.get(name)
    )
    if changed:
        raise VersionError(
            f"{receipt.to} is not what was promoted: {changed[0]} has another SHA-256 than the "
            f"receipt {receipt.hash[:12]} says; remove it from DVC's cache, and fetch it from a "
            "remote that you trust"
        )
    open_version(files, receipt.to)
    return files


_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Rollback:
    """Puts a former champion back in its place, once it is sure that it can be served.

    `remote` has copies of the receipts, `told` is told after each step.
    """

    workspace: Workspace
    ledger: Ledger
    remote: DvcRemote | None
    environ: Mapping[str, str]
    told: Told

    def carry_out(self, to: str | None, reason: str | None) -> str | None:
        """Append the receipt of a rollback and return the new champion; None if it was already.

        A rollback that was cut short after its receipt is completed instead of going back twice.

        Args:
            to: Start of the id of a former champion; the one before by default.
            reason: What the receipt keeps.

        Raises:
            PrerequisiteError: there is no champion, or none before.
            VersionError: no former champion has that name, or it cannot be served.
            ConflictError: somebody promoted meanwhile.
            LedgerError: the ledger cannot be reached, or a receipt was changed.
        """
        receipts = read_receipts(self.ledger)
        if to is None and receipts and receipts[-1].kind == "rollback" and self._complete(receipts):
            return receipts[-1].to
        stack = standing(receipts)
        target = _target(stack, to)
        if target == stack[-1]:
            self._complete(receipts)
            return None
        signed = sign_receipt(self._draft(receipts, target, reason), signing_key(self.environ))
        Succession(self.ledger, self.remote, self.told).append(signed)
        return target

    def _draft(self, receipts: Sequence[Receipt], target: str, reason: str | None) -> Receipt:
        """Return the receipt of going back, once the files are proved to be what was promoted."""
        origin = _promotion(receipts, target)
        return draft_receipt(
            self.workspace,
            [Link(each.hash, each.to) for each in receipts],
            target,
            proven_files(self.workspace, origin),
            self.environ,
            kind="rollback",
            grounds="rollback",
            reason=reason,
            verdict=None,
            measured=origin.measured,
            remote=origin.remote,
            outputs=origin.outputs,
        )

    def _complete(self, receipts: Sequence[Receipt]) -> bool:
        head = Link(receipts[-1].hash, receipts[-1].to)
        return Succession(self.ledger, self.remote, self.told).complete(head)


def _target(stack: Sequence[str], to: str | None) -> str:
    if not stack:
        raise PrerequisiteError(
            "there is no champion yet; promote one with `winnow promote --first`"
        )
    if to is None:
        if len(stack) == 1:
            raise PrerequisiteError(
                f"there is no champion before {stack[-1]}; promote another Version with "
                "`winnow promote`"
            )
        return stack[-2]
    wanted = to.strip().lower()
    found = [each for each in dict.fromkeys(stack) if wanted and each.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    shown = ", ".join(each[:_SHOWN] for each in dict.fromkeys(stack[:-1])) or "there is none"
    raise VersionError(
        f"{to!r} names {len(found) or 'none'} of the champions that can be gone back to ({shown}); "
        "one that was rolled back itself must be promoted again, with `winnow promote`"
    )


def _promotion(receipts: Sequence[Receipt], version: str) -> Receipt:
    """Return the last receipt that promoted a Version: its files are what was judged."""
    return next(
        each for each in reversed(receipts) if each.to == version and each.kind == "promotion"
    )
