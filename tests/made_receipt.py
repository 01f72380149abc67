"""Receipts as tests need them."""

from typing import Any

from eval.ledger import Ledger, Link
from eval.receipt import Measured, Receipt

MEASURED = Measured(
    scorecard="a" * 32,
    corpus="b" * 32,
    cases="c" * 32,
    judge="d" * 32,
    engine="e" * 32,
    params="f" * 32,
)


def a_receipt(to: str, after: Receipt | None = None, **changes: Any) -> Receipt:
    """Return a promotion of `to` that follows another receipt, or is the first."""
    fields: dict[str, Any] = {
        "number": after.number + 1 if after else 1,
        "previous": after.hash if after else None,
        "kind": "promotion",
        "grounds": "passed",
        "reason": None,
        "who": "Ada <ada@example.org>",
        "when": "2026-11-21T09:30:00Z",
        "from": after.to if after else None,
        "to": to,
        "verdict": None,
        "measured": MEASURED,
        "revision": "unknown",
        "dirty": "unknown",
        "remote": None,
        "files": {"manifest.json": "0" * 64},
        "outputs": {},
    }
    return Receipt.model_validate({**fields, **changes})


def append(ledger: Ledger, receipt: Receipt) -> Receipt:
    """Append a receipt with its file, as a promotion does."""
    files = {f"receipts/{receipt.hash}.json": receipt.content}
    ledger.append(Link(receipt.hash, receipt.to), receipt.previous, files)
    return receipt
