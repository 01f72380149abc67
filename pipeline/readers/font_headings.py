"""Headings of a PDF without outline: lines set larger than the text, or bold and numbered."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.document import Heading
from pipeline.readers.page_characters import Style
from pipeline.readers.text_layer import PageLine

_LARGER = 1.15
_MUCH_LARGER = 1.3
"""Times the size of the text; the second where a title is neither bold nor numbered."""
_MOST_WORDS = 15
_MOST_LINES = 3
_MOST_ON_PAGE = 8
"""Titles without a number: a page with more is a poster or a figure."""
_MOST_SHARE = 0.2
"""Of the characters: a style that holds more is no heading's."""
_RUNNING = 3
"""Pages: a line that stands on so many is a running header."""
_NUMBER = re.compile(r"(\d{1,2}(?:\.\d{1,2})*|[A-Z](?:\.\d{1,2})*|[IVX]{1,5})\.?\s+(?=[^\W\d_])")
_PAGE = re.compile(r"\s\d+$")


@dataclass(frozen=True, slots=True)
class _Found:
    title: str
    style: Style
    start: int
    end: int

    @property
    def number(self) -> str | None:
        """The title's own number."""
        found = _NUMBER.match(self.title)
        return found.group(1) if found else None

    @property
    def rank(self) -> tuple[float, bool, int]:
        """Sorts the outermost first."""
        depth = (self.number or "").count(".")
        return -self.style.size, not self.style.bold, depth


def font_headings(
    pages: Sequence[Sequence[PageLine]], starts: Sequence[int]
) -> tuple[Heading, ...]:
    """Return the headings that show in their font, the larger the further out.

    `pages` holds each page's lines, and `starts` where each page's text starts in the document's.
    """
    sizes = _characters(pages)
    if not sizes:
        return ()
    body = _body_size(sizes)
    total = sum(sizes.values())
    scarce = {style for style, count in sizes.items() if count <= _MOST_SHARE * total}
    repeated = Counter(text for lines in pages for text in {line.text for line in lines})
    found = [
        each
        for lines, start in zip(pages, starts, strict=True)
        for each in _page_headings(lines, start, body)
        if each.style in scarce and repeated[each.title] < _RUNNING
    ]
    levels = {rank: n for n, rank in enumerate(sorted({each.rank for each in found}), start=1)}
    return tuple(Heading(levels[each.rank], each.title, each.start, each.end) for each in found)


def _characters(pages: Sequence[Sequence[PageLine]]) -> Counter[Style]:
    counted: Counter[Style] = Counter()
    for line in (line for lines in pages for line in lines):
        if line.style:
            counted[line.style] += len(line.text)
    return counted


def _body_size(characters: Counter[Style]) -> float:
    sizes: Counter[float] = Counter()
    for style, count in characters.items():
        sizes[style.size] += count
    return max(sizes, key=lambda size: (sizes[size], size))


def _page_headings(lines: Sequence[PageLine], start: int, body: float) -> list[_Found]:
    found = []
    for style, group in _styled_runs(lines, start):
        if style is None or style.size < body:
            continue
        for run in _titles(group):
            title, end = " ".join(line.text for line, _ in run), run[-1][1] + len(run[-1][0].text)
            each = _Found(title, style, run[0][1], end)
            if len(run) <= _MOST_LINES and _is_title(each, body):
                found.append(each)
    plain = [each for each in found if not each.number]
    return found if len(plain) <= _MOST_ON_PAGE else [each for each in found if each.number]


_Placed = tuple[PageLine, int]


def _styled_runs(
    lines: Sequence[PageLine], start: int
) -> Iterator[tuple[Style | None, list[_Placed]]]:
    """Yield lines below each other in one style, each with where it starts in the document."""
    placed = []
    for line in lines:
        placed.append((line, start))
        start += len(line.text) + 1
    for style, group in groupby(placed, lambda pair: pair[0].style):
        yield style, list(group)


def _titles(run: list[_Placed]) -> Iterator[list[_Placed]]:
    """Part a run of lines where a number begins a new title."""
    title: list[_Placed] = []
    for pair in run:
        if title and _NUMBER.match(pair[0].text):
            yield title
            title = []
        title.append(pair)
    yield title


def _is_title(found: _Found, body: float) -> bool:
    text, style = found.title, found.style
    letters = sum(map(str.isalpha, text))
    filled = sum(not character.isspace() for character in text)
    if letters < max(3, filled / 2) or len(text.split()) > _MOST_WORDS or text[-1] in ".,;:":
        return False
    if found.number:
        # A page's number at the end is a table of contents'.
        return not _PAGE.search(text) and (style.bold or style.size >= _LARGER * body)
    return style.size >= (_LARGER if style.bold else _MUCH_LARGER) * body
