"""Rollback: the champion before, or an earlier one, is champion again, without judging it anew."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.promotion.receipts import ReceiptWriter
from app.storage.version_objects import folder_files
from app.workspace.workspace import Workspace
from eval.ledger.ledger import Link
from eval.receipts.chain import champion_stack, read_receipts
from eval.receipts.receipt import Receipt
from eval.receipts.signature import signing_key
from pipeline.errors import PrerequisiteError, VersionError
from pipeline.files import hash_file

_SHOWN = 12


def roll_back(
    writer: ReceiptWriter, to: str | None = None, reason: str | None = None
) -> str | None:
    """Append the receipt of a rollback and return the new champion; None if it was already.

    A rollback that was cut short after its receipt is completed instead of going back twice.

    Args:
        writer: Holds the chain, and the remote that has copies of the receipts.
        to: Start of the id of a former champion; the one before by default.
        reason: What the receipt keeps.

    Raises:
        PrerequisiteError: there is no champion, or none before.
        VersionError: no former champion has that name, or it cannot be served.
        ConflictError: somebody promoted meanwhile.
        LedgerError: the ledger cannot be reached, or a receipt was changed.
    """
    receipts = read_receipts(writer.ledger)
    chain = [Link(each.hash, each.to) for each in receipts]
    cut_short = to is None and receipts and receipts[-1].kind == "rollback"
    if cut_short and writer.complete(chain[-1]):
        return receipts[-1].to
    stack = champion_stack(receipts)
    target = _target(stack, to)
    if target == stack[-1]:
        writer.complete(chain[-1])
        return None
    promoted = (each for each in receipts if each.to == target and each.kind == "promotion")
    *_, last = promoted  # Its files are what was judged.
    draft = _draft(writer, chain, last, reason)
    writer.append(draft, signing_key(writer.environ))
    return target


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


def _draft(
    writer: ReceiptWriter, chain: Sequence[Link], origin: Receipt, reason: str | None
) -> Receipt:
    return writer.draft(
        chain,
        origin.to,
        proven_files(writer.workspace, origin),
        kind="rollback",
        grounds="rollback",
        reason=reason,
        verdict=None,
        measured=origin.measured,
        remote=origin.remote,
        outputs=origin.outputs,
    )


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
