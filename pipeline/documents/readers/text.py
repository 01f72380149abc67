"""Text files: plain text, Markdown, tables and notebooks, in any encoding; and markup as text.

What other Readers need of it stands here too: decoding, the headings of Markdown, tidy HTML.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate, islice
from typing import Any

from charset_normalizer import from_bytes
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.documents.document import Heading, Reading
from pipeline.errors import ReadError

_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_FEW = 32
_SPARSE = 0.2
"""Of a text: bytes beyond ASCII that are fewer than this and than `_FEW` say little."""
_DELIMITERS = ",;\t|"
_SAMPLE = 20
"""Rows that tell the delimiter."""
_CELL_CHARACTERS = 2**31 - 1
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*>")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)[^<>]*?(/?)>")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "wbr"}
)
_WESTERN = {"iso-8859-1", "latin-1", "latin1", "ascii", "us-ascii"}
_HEAD = 2048
"""Bytes that may declare an encoding."""
_MOST_DEPTH = 1000
TOO_DEEP = "its elements are nested too deeply"


class PlainTextReader:
    """Decodes text and keeps it as it is, with every line end made a line feed."""

    name = "plain-text/1"

    def read(self, content: bytes) -> Reading:
        """Return the decoded text."""
        return Reading(decode(content))


class MarkdownReader:
    """Keeps Markdown's own text, which a person reads well, and finds its headings."""

    name = "markdown/2"

    def read(self, content: bytes) -> Reading:
        """Return the text and its headings, as CommonMark defines them."""
        text = decode(content)
        body = _front_matter_end(text.split("\n"))
        return Reading(text, headings=find_headings(text, first_line=body))


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
        lines = [_table_row(head), _table_row(["-"] * width), *map(_table_row, rows[1:])]
        return Reading("\n".join(lines) + "\n")


class NotebookReader:
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


def decode(content: bytes) -> str:
    """Decode bytes: UTF-8 where valid, otherwise the encoding that fits best.

    A detector guesses wildly from a few letters, so text with only some beyond ASCII is taken
    as Windows-1252, by far the most frequent such encoding.

    Raises:
        ReadError: no encoding fits, as with binary content.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _decode_other(content)
    if "\0" in text:
        raise ReadError("it holds NUL bytes: not a text file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def find_headings(text: str, first_line: int = 0, underlined: bool = True) -> tuple[Heading, ...]:
    """Return a Markdown text's headings: titles as plain text, spans of their whole lines.

    Lines before `first_line` hold none. `underlined` says whether a paragraph over a row of
    dashes is a heading.
    """
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    tokens = MarkdownIt("commonmark").parse("\n" * first_line + text[starts[first_line] :])
    found = []
    for token, inline in zip(tokens, tokens[1:], strict=False):
        if token.type != "heading_open" or token.map is None:
            continue
        title = _plain(inline.children or [])
        if title and (underlined or token.markup.startswith("#")):
            first, last = token.map
            end = starts[last - 1] + len(lines[last - 1])
            found.append(Heading(int(token.tag[1]), title, starts[first], end))
    return tuple(found)


def decode_html(content: bytes) -> str:
    """Decode as declared; ISO-8859-1 means Windows-1252 in HTML, as browsers take it.

    Raises:
        ReadError: no encoding fits.
    """
    declared = _DECLARED.search(content[:_HEAD])
    name = declared.group(1).decode("ascii", "replace").lower() if declared else ""
    name = "cp1252" if name in _WESTERN else name
    text = None
    with suppress(UnicodeDecodeError):
        # Many a page in UTF-8 declares something else; bytes that pass as UTF-8 are UTF-8.
        if not content.decode("utf-8").isascii():
            name = ""
    with suppress(LookupError, UnicodeError):
        text = content.decode(name) if name else None
    text = decode(content) if text is None else text
    if "\0" in text:
        raise ReadError("it holds NUL bytes: not a text file")
    return _DECLARATION.sub("", text)


def tidy_html(markup: str) -> str:
    """Return the same page with every element closed, and without what browsers do not show.

    Raises:
        ReadError: it holds no element or text, or is nested too deeply.
    """
    from lxml import etree, html

    parser = html.HTMLParser(huge_tree=True)
    try:
        tree = html.document_fromstring(markup, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise ReadError("it holds no text") from None
    if any("Excessive depth" in fault.message for fault in parser.error_log):
        raise ReadError(TOO_DEEP)
    for element in tree.xpath("//script|//style|//noscript|//template|//head/title"):
        element.drop_tree()
    return str(html.tostring(tree, encoding="unicode"))


def check_depth(markup: str) -> None:
    """Refuse markup that nests so deeply that walking it would take minutes.

    Raises:
        ReadError: it is nested too deeply.
    """
    depth = 0
    for closing, name, closed in _TAG.findall(markup):
        if closing:
            depth = max(depth - 1, 0)
        elif not closed and name.lower() not in _VOID:
            depth += 1
        if depth > _MOST_DEPTH:
            raise ReadError(TOO_DEEP)


def _decode_other(content: bytes) -> str:
    beyond = len(_BEYOND_ASCII.findall(content))
    if b"\0" not in content and beyond < min(_FEW, _SPARSE * len(content)):
        with suppress(UnicodeDecodeError):
            return content.decode("cp1252")
    best = from_bytes(content).best()
    if best is None:
        raise ReadError("no text encoding fits its bytes; save it as UTF-8")
    return str(best)


def _front_matter_end(lines: list[str]) -> int:
    """Return the line after YAML front matter, whose last key would pass for a heading."""
    if lines[0].rstrip() != "---":
        return 0
    ends = (number for number, line in enumerate(lines[1:], start=2) if line.rstrip() == "---")
    return next(ends, 0)


def _plain(inline: list[Token]) -> str:
    """Return what a reader sees of a heading: no emphasis, link targets or pictures."""
    breaks = {"softbreak", "hardbreak"}
    return "".join(" " if token.type in breaks else token.content for token in inline).strip()


def _rows(text: str, delimiter: str, first: int | None = None) -> list[list[str]]:
    """Return the rows that hold something, or the first so many, each cell one line."""
    csv.field_size_limit(_CELL_CHARACTERS)
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


def _table_row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _blocks(cell: dict[str, Any]) -> Iterator[str]:
    source = _joined(cell["source"])
    if cell["cell_type"] != "code":
        yield from filter(None, [source])
        return
    outputs = (
        output.get("text") or output.get("data", {}).get("text/plain") or ""
        for output in cell.get("outputs", ())
    )
    yield from map(_fenced, filter(None, [source, *map(_joined, outputs)]))


def _joined(lines: str | list[str]) -> str:
    """Return a cell's text; notebooks may store it line by line."""
    return "".join(lines).strip("\n")


def _fenced(code: str) -> str:
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}\n{code}\n{fence}"
