"""HTML: the text as a browser lays it out, tables as aligned columns, with its headings."""

import re
from typing import cast

from pipeline.document import Heading
from pipeline.errors import ReadError
from pipeline.reader import Reading
from pipeline.readers.plain_text import decode

_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*>")
_HEAD = 2048
_LEVELS = {f"h{level}": level for level in range(1, 7)}


class HypertextReader:
    """Lays HTML out as text through inscriptis, which keeps tables and lists legible."""

    name = "inscriptis/1"

    def read(self, content: bytes) -> Reading:
        """Return the laid out text and its headings."""
        return lay_out(_decoded(content))


def lay_out(content: str) -> Reading:
    """Lay HTML out as text.

    Raises:
        ReadError: the content is empty or no HTML.
    """
    from inscriptis.html_engine import Inscriptis
    from inscriptis.model.config import ParserConfig
    from lxml import etree, html

    try:
        tree = html.document_fromstring(content, parser=html.HTMLParser(huge_tree=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise ReadError(f"not readable as HTML: {error}") from None
    for element in tree.xpath("//script|//style|//noscript|//template"):
        element.drop_tree()
    engine = Inscriptis(tree, ParserConfig(annotation_rules={tag: [tag] for tag in _LEVELS}))
    text = cast(str, engine.get_text())
    marks = ((mark.start, mark.end, mark.metadata) for mark in engine.get_annotations())
    return Reading(text, headings=_headings(text, list(marks)))


def _decoded(content: bytes) -> str:
    """Decode as declared; ISO-8859-1 means Windows-1252 in HTML, as browsers take it."""
    declared = _DECLARED.search(content[:_HEAD])
    name = declared.group(1).decode("ascii", "replace").lower() if declared else ""
    name = "cp1252" if name in {"iso-8859-1", "latin-1", "latin1", "ascii", "us-ascii"} else name
    try:
        # Many a page in UTF-8 declares something else; bytes that pass as UTF-8 are UTF-8.
        text = decode(content) if not name or _is_utf8(content) else content.decode(name)
    except (LookupError, UnicodeError):
        text = decode(content)
    return _DECLARATION.sub("", text)


def _is_utf8(content: bytes) -> bool:
    try:
        return not content.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _headings(text: str, marks: list[tuple[int, int, str]]) -> tuple[Heading, ...]:
    found = []
    for start, end, tag in sorted(marks):
        covered = text[start:end]
        title = " ".join(covered.split())
        if title:
            start += len(covered) - len(covered.lstrip())
            found.append(Heading(_LEVELS[tag], title, start, start + len(covered.strip())))
    return tuple(found)
