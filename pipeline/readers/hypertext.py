"""HTML: the text as a browser lays it out, tables as aligned columns, with its headings."""

from typing import TYPE_CHECKING, cast

from pipeline.document import Heading
from pipeline.errors import ReadError
from pipeline.reader import Reading

if TYPE_CHECKING:
    from lxml import html

_LEVELS = {f"h{level}": level for level in range(1, 7)}


class HypertextReader:
    """Lays HTML out as text through inscriptis, which keeps tables and lists legible."""

    name = "inscriptis/1"

    def read(self, content: bytes) -> Reading:
        """Return the laid out text and its headings."""
        return lay_out(content)


def lay_out(content: bytes | str) -> Reading:
    """Lay HTML out as text.

    Raises:
        ReadError: the content is empty or no HTML.
    """
    from inscriptis.html_engine import Inscriptis
    from inscriptis.model.config import ParserConfig
    from lxml import etree, html

    try:
        tree = html.document_fromstring(content, parser=_parser(content))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise ReadError(f"not readable as HTML: {error}") from None
    for element in tree.xpath("//script|//style|//noscript|//template"):
        element.drop_tree()
    engine = Inscriptis(tree, ParserConfig(annotation_rules={tag: [tag] for tag in _LEVELS}))
    text = cast(str, engine.get_text())
    marks = ((mark.start, mark.end, mark.metadata) for mark in engine.get_annotations())
    return Reading(text, headings=_headings(text, list(marks)))


def _parser(content: bytes | str) -> "html.HTMLParser":
    """Return a parser that takes valid UTF-8 as such; without a declaration lxml would not."""
    from lxml import html

    if isinstance(content, str):
        return html.HTMLParser()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return html.HTMLParser()
    return html.HTMLParser(encoding="utf-8")


def _headings(text: str, marks: list[tuple[int, int, str]]) -> tuple[Heading, ...]:
    found = []
    for start, end, tag in sorted(marks):
        covered = text[start:end]
        title = " ".join(covered.split())
        if title:
            start += len(covered) - len(covered.lstrip())
            found.append(Heading(_LEVELS[tag], title, start, start + len(covered.strip())))
    return tuple(found)
