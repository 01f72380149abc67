"""History table: the receipts of the chain for the terminal, newest first."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from app.scorecard_table import SHORT
from eval.receipt import Receipt
from eval.receipt_signature import fingerprint

_MADE = {"promotion": "promoted", "rollback": "rolled back"}
_FINGERPRINT = len("SHA256:") + SHORT


def history_table(receipts: Sequence[Receipt], last: str | None) -> Table:
    """Return receipts, given oldest first, newest first; that of the hash `last` is in force."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("when, who", overflow="fold")
    table.add_column("version", no_wrap=True)
    table.add_column("grounds", overflow="fold")
    table.add_column("receipt", no_wrap=True)
    for receipt in reversed(receipts):
        champion = " ★" if receipt.hash == last else ""
        before = receipt.from_[:SHORT] if receipt.from_ else "–"
        signer = fingerprint(receipt.signer)[:_FINGERPRINT] if receipt.signer else "not signed"
        table.add_row(
            str(receipt.number),
            # Text takes what people wrote as it is, markup included.
            Text(f"{_minute(receipt)}\n{receipt.who}"),
            f"{before}\n→ {receipt.to[:SHORT]}{champion}",
            Text(grounds_text(receipt)),
            f"{receipt.hash[:SHORT]}\n{signer}",
        )
    table.caption = "★ champion; times in UTC"
    return table


def grounds_text(receipt: Receipt) -> str:
    """Return what was done and why, with the reason that somebody gave."""
    made = _MADE[receipt.kind]
    why = f": {receipt.reason}" if receipt.reason else ""
    if receipt.kind == "rollback":
        return f"{made}{why}"
    return f"{made}, {receipt.grounds}{why}"


def _minute(receipt: Receipt) -> str:
    return receipt.when[: len("2026-11-21T09:30")].replace("T", " ")
