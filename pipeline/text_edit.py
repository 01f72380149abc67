"""Text edits: parts of a Reading's text replaced, its pages and headings following."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import replace
from io import StringIO

from pipeline.document import Heading, Page
from pipeline.reading import Reading

TextEdit = tuple[int, int, str]
"""Start and end of the characters that go, and what stands there instead."""


class Boundaries:
    """The positions in a text where a page or a heading starts or ends."""

    def __init__(self, reading: Reading) -> None:
        """Take them from a Reading."""
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


def edited_piecewise(reading: Reading, change: Callable[[str], str]) -> Reading:
    """Change each piece between two boundaries by itself, so that every boundary stays exact."""
    text, positions = reading.text, Boundaries(reading).positions
    moved, pieces, length = dict[int, int](), list[str](), 0
    for start, end in zip([0, *positions], [*positions, len(text)], strict=True):
        moved[start] = length
        pieces.append(change(text[start:end]))
        length += len(pieces[-1])
    moved[len(text)] = length
    return _moved(reading, "".join(pieces), moved, moved)


def _moved(reading: Reading, text: str, starts: dict[int, int], ends: dict[int, int]) -> Reading:
    def span(old: Page | Heading) -> tuple[int, int]:
        start = starts[old.start]
        return start, max(start, ends[old.end])

    pages, headings = [], []
    for page in reading.pages:
        start, end = span(page)
        pages.append(replace(page, start=start, end=end))
    for heading in reading.headings:
        start, end = span(heading)
        headings.append(replace(heading, start=start, end=end))
    return Reading(text, tuple(pages), tuple(headings))
