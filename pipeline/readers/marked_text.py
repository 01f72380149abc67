"""Markdown: the source text as it is, with the spans of its headings."""

from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.document import Heading
from pipeline.readers.plain_text import decode
from pipeline.reading import Reading


class MarkedTextReader:
    """Keeps Markdown's own text, which a person reads well, and finds its headings."""

    name = "markdown/2"

    def read(self, content: bytes) -> Reading:
        """Return the text and its headings, as CommonMark defines them."""
        text = decode(content)
        body = _front_matter_end(text.split("\n"))
        return Reading(text, headings=find_headings(text, first_line=body))


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


def _plain(inline: list[Token]) -> str:
    """Return what a reader sees of a heading: no emphasis, link targets or pictures."""
    breaks = {"softbreak", "hardbreak"}
    return "".join(" " if token.type in breaks else token.content for token in inline).strip()


def _front_matter_end(lines: list[str]) -> int:
    """Return the line after YAML front matter, whose last key would pass for a heading."""
    if lines[0].rstrip() != "---":
        return 0
    ends = (number for number, line in enumerate(lines[1:], start=2) if line.rstrip() == "---")
    return next(ends, 0)
