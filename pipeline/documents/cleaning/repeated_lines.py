"""Repeated lines: the headers, footers and page numbers that the pages of a document share."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from pipeline.documents.cleaning.text_edit import CodeFences, edited, is_fence
from pipeline.documents.document import Page, Reading

_FEWEST = 3
"""Pages that a line recurs on at least; a shorter document has no repeated lines."""
_DEPTH = 3
"""Lines looked at from the top and from the bottom of a page, at most a quarter of it each."""
_QUARTER = 4
_LONGEST = 200
"""Characters of a header at most; a longer line is a paragraph."""
_MOST_NUMBERS = 4
_TEMPLATE = 0.1
"""Share of the lines of words inside pages which, shared by the pages, make them a template."""
_LINE = re.compile(r"\S.*")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+")
# A table's row, a heading, a quotation or a list's item is content, whatever repeats it.
_MARKED = re.compile(r"[|#>]|[-*+\u2022] .*[^\W\d_]")
# "Question 7" on page 7 is no page number.
_LABEL = re.compile(
    r"(?!(?:page|pg?|seite|s|blatt|folie|p[aáà]gina|pág|strona|strana|str|side|sida|sivu|oldal|"
    r"sayfa|стр|страница|σελίδα|slide|folio|diapositive)\b)[^\W\d_]+ ?#[.:)]?"
)

_Key = tuple[str, int, tuple[int, ...]]
"""A line's folded words, the place of the number that follows the page's or -1, its numbers."""

_KeyT = TypeVar("_KeyT", bound=Hashable)
_Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _EdgeLine:
    """A line at the top or bottom of a page, its line end with it, and what it is compared by."""

    page: int
    start: int
    end: int
    words: _Key
    numbering: tuple[_Key, ...]


def drop_repeated_lines(reading: Reading) -> Reading:
    """Drop the lines at the top or bottom of a page that half of the pages share.

    Half of the odd or of the even pages is enough, as headers alternate, and at least 3 pages.
    A line that counts the pages goes everywhere. One of words stays where it stands first, so
    that what only it says is not lost; and where pages share many lines inside, too, they are
    forms or slides of one template, and their words stay. So do headings, tables, lists and code.
    """
    if len(reading.pages) < _FEWEST:
        return reading
    spans = {
        page: [line.span() for line in _LINE.finditer(reading.text, page.start, page.end)]
        for page in reading.pages
    }
    filled = {page.number for page, lines in spans.items() if lines}
    edges = list(_edge_lines(reading, spans))
    keyed = ((key, line.page) for line in edges for key in (line.words, *line.numbering))
    recurring = _recurring(keyed, filled)
    dropped = [line for line in edges if not recurring.isdisjoint(line.numbering)]
    worded = [
        line for line in edges if line.words in recurring and recurring.isdisjoint(line.numbering)
    ]
    if worded and not _is_template(reading.text, spans, filled):
        first = {line.words: line for line in reversed(worded)}
        dropped += [line for line in worded if line is not first[line.words]]
    return edited(reading, sorted((line.start, line.end, "") for line in dropped))


def _depth(lines: _Spans) -> int:
    return max(1, min(_DEPTH, len(lines) // _QUARTER))


def _edge_lines(reading: Reading, spans: dict[Page, _Spans]) -> Iterator[_EdgeLine]:
    fences = CodeFences(reading.text)
    heading_starts = [heading.start for heading in reading.headings]
    for page, lines in spans.items():
        depth = _depth(lines)
        for start, end in lines[:depth] + lines[max(depth, len(lines) - depth) :]:
            line = reading.text[start : min(end, start + _LONGEST + 1)]
            place = bisect_right(heading_starts, end) - 1
            is_heading = place >= 0 and reading.headings[place].end > start
            if not (is_heading or fences.hold(start) or _is_content(line)):
                words, *numbering = _keys(line, page.number)
                start = max(page.start, reading.text.rfind("\n", page.start, start) + 1)
                end = min(page.end, end + 1)
                yield _EdgeLine(page.number, start, end, words, tuple(numbering))


def _is_content(line: str) -> bool:
    if len(line) > _LONGEST or not any(map(str.isalnum, line)):
        return True
    return is_fence(line) or _MARKED.match(line) is not None


def _keys(line: str, page: int) -> Iterator[_Key]:
    folded = " ".join(line.casefold().split())
    numbers = tuple(map(int, _NUMBER.findall(folded)))
    words = _NUMBER.sub("#", folded)
    yield words, -1, numbers
    if len(numbers) <= _MOST_NUMBERS and not _LABEL.fullmatch(words):
        for place, number in enumerate(numbers):
            yield words, place, (*numbers[:place], number - page, *numbers[place + 1 :])


def _recurring(keyed: Iterable[tuple[_KeyT, int]], filled: set[int]) -> set[_KeyT]:
    """Return what stands on half of the filled pages, of the odd ones or of the even ones."""
    pages = defaultdict[_KeyT, set[int]](set)
    for key, page in keyed:
        pages[key].add(page)
    odd = {page for page in filled if page % 2}
    sides = (filled, odd, filled - odd)
    return {
        key
        for key, found in pages.items()
        if len(found) >= _FEWEST
        and any(len(found & side) >= max(_FEWEST, len(side) / 2) for side in sides)
    }


def _is_template(text: str, spans: dict[Page, _Spans], filled: set[int]) -> bool:
    inside = [
        (" ".join(line.casefold().split()), page.number)
        for page, lines in spans.items()
        for start, end in lines[_depth(lines) : len(lines) - _depth(lines)]
        if end - start <= _LONGEST and _WORD.search(line := text[start:end])
    ]
    recurring = _recurring(inside, filled)
    shared = sum(line in recurring for line, _ in inside)
    return shared > _TEMPLATE * len(inside)
