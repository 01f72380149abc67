"""Document recall as a table for the terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from eval.document_recall import FormatRecall

_COLUMNS = ("files", "read", "out", "pages", "OCR", "words", "micro", "macro", "prec.", "s")


def recall_table(rows: Sequence[FormatRecall]) -> Table:
    """Return a format a row; `out` counts quarantined files, micro and macro are word recall."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("format", no_wrap=True)
    for column in _COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        counts = (row.files, row.read, row.quarantined, row.pages, row.ocr_pages, row.words)
        shares = (row.micro_recall, row.macro_recall, row.precision)
        # Text, since a suffix in square brackets would be taken for a style.
        table.add_row(
            Text(row.name or "none"),
            *(f"{count:,}" for count in counts),
            *("–" if share is None else f"{share:.3f}" for share in shares),
            f"{row.seconds:.1f}",
        )
    table.caption = "out: quarantined; micro, macro: word recall; prec.: word precision"
    return table
