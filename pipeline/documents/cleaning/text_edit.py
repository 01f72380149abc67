"""Text edits: parts of a Reading's text replaced, its pages and headings following."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import replace
from io import StringIO
from typing import TypeVar

from pipeline.documents.document import Heading, Page, Reading

SpanT = TypeVar("SpanT", Page, Heading)
TextEdit = tuple[int, int, str]
"""Start and end of the characters that go, and what stands there instead."""


class Boundaries:
    """The positions in a text where a page or a heading starts or ends."""

    def __init__(self, reading: Reading) -> None:
        spans: tuple[Page | Heading, ...] = reading.pages + reading.headings
        self.positions = sorted({edge for span in spans for edge in (span.start, span.end)})

    def touch(self, start: int, end: int) -> bool:
        """Return whether one lies in `start` to `end`, both included."""
        found = bisect_left(self.positions, start)
        return found < len(self.positions) and self.positions[found] <= end


def edited(reading: Reading, edits: Iterable[TextEdit]) -> Reading:
    """Make edits, which come in order and do not overlap.

    A span that starts within an edit starts behind what stands there instead, and one that
    ends within it ends in front, so that no span gains characters it did not hold.
    """
    text, boundaries = reading.text, iter([*Boundaries(reading).positions, len(reading.text) + 1])
    starts, ends = dict[int, int](), dict[int, int]()
    written, copied, length = StringIO(), 0, 0
    boundary = next(boundaries)
    for start, end, instead in edits:
        while boundary <= start:
            starts[boundary] = ends[boundary] = length + boundary - copied
            boundary = next(boundaries)
        written.write(text[copied:start])
        length += start - copied
        while boundary < end:
            starts[boundary], ends[boundary] = length + len(instead), length
            boundary = next(boundaries)
        written.write(instead)
        length += len(instead)
        copied = end
    while boundary <= len(text):
        starts[boundary] = ends[boundary] = length + boundary - copied
        boundary = next(boundaries)
    written.write(text[copied:])
    return _moved(reading, written.getvalue(), starts, ends)


def edited_by_parts(reading: Reading, change: Callable[[str], str]) -> Reading:
    """Change each part between two boundaries by itself, so that every boundary stays exact."""
    text, positions = reading.text, Boundaries(reading).positions
    moved, parts, length = dict[int, int](), list[str](), 0
    for start, end in zip([0, *positions], [*positions, len(text)], strict=True):
        moved[start] = length
        parts.append(change(text[start:end]))
        length += len(parts[-1])
    moved[len(text)] = length
    return _moved(reading, "".join(parts), moved, moved)


def _moved(reading: Reading, text: str, starts: dict[int, int], ends: dict[int, int]) -> Reading:
    def moved(old: SpanT) -> SpanT:
        start = starts[old.start]
        return replace(old, start=start, end=max(start, ends[old.end]))

    return Reading(text, tuple(map(moved, reading.pages)), tuple(map(moved, reading.headings)))


_LINE = re.compile(r"^[ \t>]*(?P<mark>`{3,}|~{3,})(?P<rest>.*)$", re.MULTILINE)


class CodeFences:
    """The spans from each opening fence to its closing one, as CommonMark pairs them.

    A fence that nothing closes is none: in text that is no Markdown it would hide the rest.
    """

    def __init__(self, text: str) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        opened: re.Match[str] | None = None
        for line in _LINE.finditer(text):
            mark, rest = line["mark"], line["rest"]
            if opened is None:
                opened = line if mark[0] == "~" or "`" not in rest else None
            elif mark.startswith(opened["mark"]) and not rest.strip():
                self._starts.append(opened.start())
                self._ends.append(line.end("mark"))
                opened = None

    def hold(self, position: int) -> bool:
        """Return whether a position lies in one."""
        found = bisect_right(self._starts, position) - 1
        return found >= 0 and position < self._ends[found]


def is_fence(line: str) -> bool:
    """Return whether a line could open or close a fence."""
    return _LINE.match(line) is not None
