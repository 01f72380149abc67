"""Headings of a PDF: from its outline, found again in the text, or else from its fonts."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, islice
from typing import Any

from pipeline.documents.document import Heading
from pipeline.documents.readers.pdf_text import PageLine, Style

_BEFORE_TITLE = re.compile(r"\W*(?:(?:\d+|[A-Za-z]|[IVXLC]+)(?:\.\d+)*\W*)?")
_NEAR = 40.0
"""Points from where the outline points to a title that text follows in the same line."""
_MOST_ENTRIES = 20_000
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
_TITLE_NUMBER = re.compile(
    r"(\d{1,2}(?:\.\d{1,2})*|[A-Z](?:\.\d{1,2})*|[IVX]{1,5})\.?\s+(?=[^\W\d_])"
)
_ENDING_NUMBER = re.compile(r"\s\d+$")


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """One line of an outline; `top` in points, y down from the page's origin, where it says so."""

    level: int
    title: str
    page: int
    top: float | None


def read_outline(file: Any) -> list[OutlineEntry]:
    """Return the outline of an open PDF, the entries that point to a page; pages count from 0."""
    from pypdfium2 import raw

    entries = []
    for bookmark in islice(file.get_toc(), _MOST_ENTRIES):
        target, title = bookmark.get_dest(), _title(bookmark)
        page = target.get_index() if target else None
        if page is None or not title:
            continue
        mode, view = target.get_view()
        known = mode == raw.PDFDEST_VIEW_XYZ and len(view) > 1
        entries.append(OutlineEntry(bookmark.level + 1, title, page, -view[1] if known else None))
    return entries


def _title(bookmark: Any) -> str:
    try:
        return " ".join(bookmark.get_title().split())
    except UnicodeDecodeError:
        return ""


def outline_headings(
    entries: Sequence[OutlineEntry], pages: Sequence[Sequence[PageLine]], starts: Sequence[int]
) -> tuple[Heading, ...]:
    """Return headings for the entries whose title stands on their page, at the start of a line.

    `pages` holds each page's lines, and `starts` where each page's text starts in the document's.
    """
    found: dict[int, Heading] = {}
    indexed: dict[int, _PageIndex] = {}
    for entry in entries:
        if not 0 <= entry.page < len(pages):
            continue
        if entry.page not in indexed:
            indexed[entry.page] = _PageIndex(pages[entry.page])
        span = indexed[entry.page].find(entry)
        if span:
            start, end = (starts[entry.page] + offset for offset in span)
            found.setdefault(start, Heading(entry.level, entry.title, start, end))
    return tuple(found[start] for start in sorted(found))


class _PageIndex:
    """The letters and digits of a page, which titles are compared by."""

    def __init__(self, lines: Sequence[PageLine]) -> None:
        self._lines = lines
        self._text = "\n".join(line.text for line in lines)
        self._starts = [0, *accumulate(len(line.text) + 1 for line in lines)][:-1]
        pairs = [(folded, i) for i, each in enumerate(self._text) for folded in _folded(each)]
        self._letters = "".join(letter for letter, _ in pairs)
        self._positions = [position for _, position in pairs]

    def find(self, entry: OutlineEntry) -> tuple[int, int] | None:
        """Return the span of a title with its number, the occurrence nearest to its place."""
        title = "".join(_folded(entry.title))
        best: tuple[bool, float, int, int] | None = None
        at = self._letters.find(title) if title else -1
        while at >= 0:
            start, end = self._positions[at], self._positions[at + len(title) - 1] + 1
            candidate = self._judge(start, end, entry.top)
            best = min(filter(None, (best, candidate)), default=None)
            at = self._letters.find(title, at + 1)
        return best[2:] if best else None

    def _judge(
        self, start: int, end: int, top: float | None
    ) -> tuple[bool, float, int, int] | None:
        """Return whether text follows in the line, the distance from `top`, and the span."""
        line = self._text.count("\n", 0, start)
        begin = self._starts[line]
        if not _BEFORE_TITLE.fullmatch(self._text[begin:start]):
            return None
        rest = self._text[end:].split("\n", 1)[0]
        followed = any(map(str.isalnum, rest))
        place = self._lines[line].top
        far = None if place is None or top is None else abs(place - top)
        if followed and (far is None or far > _NEAR):
            return None
        return followed, far or 0.0, begin, end if followed else end + len(rest.rstrip())


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


@dataclass(frozen=True, slots=True)
class _FontTitle:
    title: str
    style: Style
    start: int
    end: int

    @property
    def number(self) -> str | None:
        """The title's own number."""
        found = _TITLE_NUMBER.match(self.title)
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
    characters: Counter[Style] = Counter()
    for line in (line for lines in pages for line in lines):
        if line.style:
            characters[line.style] += len(line.text)
    if not characters:
        return ()
    body = _body_size(characters)
    most = _MOST_SHARE * characters.total()
    scarce = {style for style, count in characters.items() if count <= most}
    repeated = Counter(text for lines in pages for text in {line.text for line in lines})
    found = [
        each
        for lines, start in zip(pages, starts, strict=True)
        for each in _page_headings(lines, start, body)
        if each.style in scarce and repeated[each.title] < _RUNNING
    ]
    levels = {rank: n for n, rank in enumerate(sorted({each.rank for each in found}), start=1)}
    return tuple(Heading(levels[each.rank], each.title, each.start, each.end) for each in found)


def _body_size(characters: Counter[Style]) -> float:
    sizes: Counter[float] = Counter()
    for style, count in characters.items():
        sizes[style.size] += count
    return max(sizes, key=lambda size: (sizes[size], size))


def _page_headings(lines: Sequence[PageLine], start: int, body: float) -> list[_FontTitle]:
    found = []
    starts = accumulate((len(line.text) + 1 for line in lines), initial=start)
    # Lines below each other in one style, each with where it starts in the document.
    for style, group in groupby(zip(lines, starts, strict=False), lambda pair: pair[0].style):
        if style is None or style.size < body:
            continue
        for run in _titles(group):
            title, end = " ".join(line.text for line, _ in run), run[-1][1] + len(run[-1][0].text)
            each = _FontTitle(title, style, run[0][1], end)
            if len(run) <= _MOST_LINES and _is_title(each, body):
                found.append(each)
    plain = [each for each in found if not each.number]
    return found if len(plain) <= _MOST_ON_PAGE else [each for each in found if each.number]


_Placed = tuple[PageLine, int]


def _titles(run: Iterable[_Placed]) -> Iterator[list[_Placed]]:
    """Part a run of lines where a number begins a new title."""
    title: list[_Placed] = []
    for pair in run:
        if title and _TITLE_NUMBER.match(pair[0].text):
            yield title
            title = []
        title.append(pair)
    yield title


def _is_title(found: _FontTitle, body: float) -> bool:
    text, style = found.title, found.style
    letters = sum(map(str.isalpha, text))
    filled = sum(not character.isspace() for character in text)
    if letters < max(3, filled / 2) or len(text.split()) > _MOST_WORDS or text[-1] in ".,;:":
        return False
    if found.number:
        # A page's number at the end is a table of contents'.
        return not _ENDING_NUMBER.search(text) and (style.bold or style.size >= _LARGER * body)
    return style.size >= (_LARGER if style.bold else _MUCH_LARGER) * body
