"""CSV: the rows of a table, in any dialect and encoding, as a Markdown table."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice

from pipeline.errors import ReadError
from pipeline.readers.plain_text import decode
from pipeline.reading import Reading

_DELIMITERS = ",;\t|"
_SAMPLE = 20
_FIELD_CHARACTERS = 2**31 - 1


class TabularReader:
    """Reads rows of separated values; the first row is the table's head."""

    name = "rows/1"

    def read(self, content: bytes) -> Reading:
        """Return a Markdown table as wide as the widest row.

        Raises:
            ReadError: the content is no text or holds no row.
        """
        text = decode(content)
        rows = _rows(text, _delimiter(text))
        if not rows:
            raise ReadError("it holds no text")
        # Only the head is filled up: rows may be short, and one long row would swell all others.
        width = max(map(len, rows))
        head = rows[0] + [""] * (width - len(rows[0]))
        lines = [_line(head), _line(["-"] * width), *map(_line, rows[1:])]
        return Reading("\n".join(lines) + "\n")


def _rows(text: str, delimiter: str, first: int | None = None) -> list[list[str]]:
    """Return the rows that hold something, or the first so many, each cell one line."""
    csv.field_size_limit(_FIELD_CHARACTERS)
    quoted = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        return list(islice(_filled(quoted), first))
    except csv.Error:
        # A quote that never ends would take all that follows into its cell.
        plain = csv.reader(io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE)
        return list(islice(_filled(plain), first))


def _filled(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row]
        if any(cells):
            yield cells


def _delimiter(text: str) -> str:
    """Return the delimiter that gives most of the first rows the same number of cells, above one.

    csv.Sniffer takes letters for delimiters in a file of one column.
    """
    best, best_score = ",", (0, 0)
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in _rows(text, delimiter, first=_SAMPLE)]
        common = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
        score = (widths.count(common), common)
        if common > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
