"""HTML: its bytes to clean markup, whatever it declares and however it is nested."""

import re

from pipeline.errors import ReadError
from pipeline.readers.plain_text import decode

_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*>")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)[^<>]*?(/?)>")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "wbr"}
)
_WESTERN = {"iso-8859-1", "latin-1", "latin1", "ascii", "us-ascii"}
_HEAD = 2048
_DEPTH = 1000
TOO_DEEP = "its elements are nested too deeply"


def decode_hypertext(content: bytes) -> str:
    """Decode as declared; ISO-8859-1 means Windows-1252 in HTML, as browsers take it.

    Raises:
        ReadError: no encoding fits.
    """
    declared = _DECLARED.search(content[:_HEAD])
    name = declared.group(1).decode("ascii", "replace").lower() if declared else ""
    name = "cp1252" if name in _WESTERN else name
    try:
        # Many a page in UTF-8 declares something else; bytes that pass as UTF-8 are UTF-8.
        text = decode(content) if not name or _is_utf8(content) else content.decode(name)
    except (LookupError, UnicodeError):
        text = decode(content)
    if "\0" in text:
        raise ReadError("it holds NUL bytes: not a text file")
    return _DECLARATION.sub("", text)


def tidied(markup: str) -> str:
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
        if depth > _DEPTH:
            raise ReadError(TOO_DEEP)


def _is_utf8(content: bytes) -> bool:
    try:
        return not content.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False
