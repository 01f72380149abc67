"""Markdown: the source text as it is, with the spans of its headings."""

from itertools import accumulate

from markdown_it import MarkdownIt

from pipeline.document import Heading
from pipeline.reader import Reading
from pipeline.readers.plain_text import decode


class MarkedTextReader:
    """Keeps Markdown's own text, which a person reads well, and finds its headings."""

    name = "markdown/1"

    def read(self, content: bytes) -> Reading:
        """Return the text and its headings, as CommonMark defines them."""
        text = decode(content)
        return Reading(text, headings=_headings(text))


def _headings(text: str) -> tuple[Heading, ...]:
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    body = _front_matter_end(lines)
    tokens = MarkdownIt("commonmark").parse("\n" * body + text[starts[body] :])
    found = []
    for token, inline in zip(tokens, tokens[1:], strict=False):
        if token.type != "heading_open" or token.map is None:
            continue
        first, last = token.map
        end = starts[last - 1] + len(lines[last - 1])
        found.append(Heading(int(token.tag[1]), inline.content, starts[first], end))
    return tuple(found)


def _front_matter_end(lines: list[str]) -> int:
    """Return the line after YAML front matter, whose last key would pass for a heading."""
    if lines[0].rstrip() != "---":
        return 0
    ends = (number for number, line in enumerate(lines[1:], start=2) if line.rstrip() == "---")
    return next(ends, 0)
