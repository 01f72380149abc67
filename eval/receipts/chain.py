"""Receipt chain: the receipts that the ledger's links name, each in its place, and their files."""

from collections.abc import Sequence

from eval.ledger.ledger import Ledger, Link
from eval.receipts.receipt import Receipt, parse_receipt
from pipeline.errors import ReceiptError


def receipt_name(digest: str) -> str:
    """Return the name of a receipt's file beside the chain and below a remote's `winnow/`."""
    return f"receipts/{digest}.json"


def signature_name(digest: str) -> str:
    """Return the name of the signature of the receipt whose hash this is."""
    return f"receipts/{digest}.sig"


def verdict_name(digest: str) -> str:
    """Return the name of the file of the Verdict whose hash this is."""
    return f"verdicts/{digest}.json"


def attached_names(receipt: Receipt) -> list[str]:
    """Return the names of all files that belong to a receipt, its own first."""
    names = [receipt_name(receipt.hash)]
    if receipt.signer is not None:
        names.append(signature_name(receipt.hash))
    if receipt.verdict is not None:
        names.append(verdict_name(receipt.verdict.hash))
    return names


def read_receipts(ledger: Ledger) -> list[Receipt]:
    """Return every receipt of the chain, oldest first, each as its link names it and in its place.

    Raises:
        ReceiptError: a receipt is missing, was changed, or does not agree with its place.
        LedgerError: the ledger cannot be reached.
    """
    links = ledger.chain()
    receipts: list[Receipt] = []
    for at, link in enumerate(links):
        receipt = read_receipt(ledger, link)
        if faults := place_faults(receipt, links, at):
            raise ReceiptError(f"{faults[0]}; restore the ledger from a backup")
        receipts.append(receipt)
    return receipts


def read_receipt(ledger: Ledger, link: Link) -> Receipt:
    """Return the receipt that a link names.

    Raises:
        ReceiptError: it is missing, or was changed.
        LedgerError: the ledger cannot be reached.
    """
    return parse_receipt(ledger.attachment(receipt_name(link.receipt)), link.receipt)


def place_faults(receipt: Receipt, links: Sequence[Link], at: int) -> list[str]:
    """Say where a receipt disagrees with the link that names it, or with the link before."""
    before = links[at - 1] if at else None
    fields = {
        "number": (receipt.number, at + 1),
        "previous": (receipt.previous, before.receipt if before else None),
        "from": (receipt.from_, before.version if before else None),
        "to": (receipt.to, links[at].version),
    }
    return [
        f"the receipt {receipt.hash} at place {at + 1} says `{field}` {_said(found)}, its place in "
        f"the chain {_said(expected)}"
        for field, (found, expected) in fields.items()
        if found != expected
    ]


def champion_stack(receipts: Sequence[Receipt]) -> list[str]:
    """Return the stack of champions, oldest first: a rollback goes to the one before its last.

    A promotion adds its Version; a rollback cuts the stack back to the Version that it names, so
    rolling back twice goes back twice.

    Raises:
        ReceiptError: a rollback names a Version that no earlier receipt left there.
    """
    stack: list[str] = []
    for receipt in receipts:
        if receipt.kind == "promotion":
            stack.append(receipt.to)
            continue
        below = stack[:-1]
        if receipt.to not in below:
            raise ReceiptError(
                f"the receipt {receipt.hash} rolls back to {receipt.to}, which is no former "
                "champion; restore the ledger from a backup"
            )
        del stack[len(below) - below[::-1].index(receipt.to) :]
    return stack


def _said(value: str | int | None) -> str:
    return "nothing" if value is None else str(value)
