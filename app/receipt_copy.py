"""Receipt copy: each file of the chain as the ledger and as the remote hold it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from eval.ledger import Ledger
from eval.receipt import Receipt, parse_receipt, sha256
from eval.receipt_chain import receipt_name, signature_name, verdict_name
from eval.receipt_check import Checked
from eval.receipt_signature import check_signature
from pipeline.errors import ReceiptError

if TYPE_CHECKING:
    from app.dvc_remote import DvcRemote


@dataclass(frozen=True, slots=True)
class ReceiptCopy:
    """A file of the chain at both places; None where it is missing.

    `right` is the content that the chain asks for, verified by its hash or signature; None if
    neither place holds it. `promised` is whether the receipt says that it was uploaded.
    """

    name: str
    here: bytes | None
    there: bytes | None
    right: bytes | None
    promised: bool = True


def receipt_copies(ledger: Ledger, remote: "DvcRemote | None") -> Iterator[ReceiptCopy]:
    """Yield each file that the chain asks for, a receipt before its signature and Verdict.

    Raises:
        LedgerError: the ledger cannot be reached.
        RemoteError: the remote cannot be reached.
    """
    for link in ledger.chain():
        is_receipt = partial(_is_receipt, link.receipt)
        copy = _copy(ledger, remote, receipt_name(link.receipt), is_receipt)
        if copy.right is None:
            yield copy
            continue
        receipt = parse_receipt(copy.right, link.receipt)
        yield from (
            replace(each, promised=receipt.remote is not None)
            for each in (copy, *_belonging(ledger, remote, receipt))
        )


def unknown_receipts(ledger: Ledger, remote: "DvcRemote") -> list[str]:
    """Say of each receipt at the remote that the chain does not know whether it would follow it.

    Raises:
        LedgerError: the ledger cannot be reached.
        RemoteError: the remote cannot be reached, or not be listed.
    """
    # The chain is read later than the remote: a promotion meanwhile is no stranger.
    found = remote.names("receipts")
    links = ledger.chain()
    names = {name(link.receipt) for link in links for name in (receipt_name, signature_name)}
    known = {None, *(link.receipt for link in links)}
    said = []
    for name in found:
        if name in names:
            continue
        digest = name.removeprefix("receipts/").removesuffix(".json")
        try:
            receipt = parse_receipt(remote.read(name) or b"", digest)
        except ReceiptError:
            said.append(f"{remote.url} holds {name}, which is no receipt of this chain")
            continue
        lost = "so the chain lost its end" if receipt.previous in known else "of another chain"
        said.append(
            f"{remote.url} holds the receipt {digest} (number {receipt.number}, to {receipt.to}) "
            f"that no link names, {lost}; restore the ledger from a backup, and give each ledger "
            "a remote of its own"
        )
    return said


def check_copies(ledger: Ledger, remote: "DvcRemote") -> Checked:
    """Check that the remote's copies are the ledger's bytes, and that it knows no other receipt.

    Receipts of what was promoted without an upload need no copy there.

    Raises:
        LedgerError: the ledger cannot be reached.
        RemoteError: the remote cannot be reached, or not be listed.
    """
    count = 0
    faults = []
    for copy in receipt_copies(ledger, remote):
        count += copy.there is not None
        if copy.there is None and copy.promised:
            faults.append(
                f"{remote.url} holds no {copy.name}; copy it with `winnow doctor --repair`"
            )
        elif copy.there is not None and copy.there != copy.right:
            faults.append(
                f"{remote.url} holds another {copy.name} than the chain asks for; write it again "
                "with `winnow doctor --repair`"
            )
    faults += unknown_receipts(ledger, remote)
    return Checked((f"{count} copies at {remote.url}",), tuple(faults))


def _belonging(
    ledger: Ledger, remote: "DvcRemote | None", receipt: Receipt
) -> Iterator[ReceiptCopy]:
    if receipt.signer is not None:
        signs = partial(_signs, receipt)
        yield _copy(ledger, remote, signature_name(receipt.hash), signs)
    if receipt.verdict is not None:
        is_verdict = partial(_has_hash, receipt.verdict.hash)
        yield _copy(ledger, remote, verdict_name(receipt.verdict.hash), is_verdict)


def _copy(
    ledger: Ledger, remote: "DvcRemote | None", name: str, is_right: Callable[[bytes], bool]
) -> ReceiptCopy:
    try:
        here = ledger.attachment(name)
    except ReceiptError:
        here = None
    there = remote.read(name) if remote is not None else None
    right = (each for each in (here, there) if each is not None and is_right(each))
    return ReceiptCopy(name, here, there, next(right, None))


def _is_receipt(digest: str, content: bytes) -> bool:
    try:
        parse_receipt(content, digest)
    except ReceiptError:
        return False
    return True


def _signs(receipt: Receipt, signature: bytes) -> bool:
    try:
        check_signature(receipt, receipt.content, signature, None)
    except ReceiptError:
        return False
    return True


def _has_hash(digest: str, content: bytes) -> bool:
    return sha256(content) == digest
