"""Jupyter notebooks: the cells in order as Markdown, code fenced, with outputs that are text."""

import json
from collections.abc import Iterator
from typing import Any

from pipeline.errors import ReadError
from pipeline.readers.marked_text import find_headings
from pipeline.readers.plain_text import decode
from pipeline.reading import Reading


class CellSequenceReader:
    """Reads notebooks of format 4; pictures and HTML among the outputs are left out."""

    name = "notebook/1"

    def read(self, content: bytes) -> Reading:
        """Return the Markdown and its headings.

        Raises:
            ReadError: the content is no notebook of format 4, or has no text.
        """
        try:
            notebook = json.loads(decode(content))
            blocks = [block for cell in notebook["cells"] for block in _blocks(cell)]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ReadError("it is no notebook of format 4; save it with Jupyter") from None
        text = "\n\n".join(blocks)
        if not text.strip():
            raise ReadError("it holds no text")
        return Reading(text, headings=find_headings(text))


def _blocks(cell: dict[str, Any]) -> Iterator[str]:
    source = _joined(cell["source"])
    if cell["cell_type"] != "code":
        yield from filter(None, [source])
        return
    yield from map(_fenced, filter(None, [source]))
    for output in cell.get("outputs", ()):
        shown = output.get("text") or output.get("data", {}).get("text/plain") or ""
        yield from map(_fenced, filter(None, [_joined(shown)]))


def _joined(lines: str | list[str]) -> str:
    """Return a cell's text; notebooks may store it line by line."""
    return "".join(lines).strip("\n")


def _fenced(code: str) -> str:
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}\n{code}\n{fence}"
