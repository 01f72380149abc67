"""Place: a span of characters in one Document, and arithmetic on several."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol


class Located(Protocol):
    """Anything that stands at a half-open span of characters of a document: a Passage, a Place."""

    @property
    def document(self) -> str:
        """The Document's path."""

    @property
    def start(self) -> int:
        """First character."""

    @property
    def end(self) -> int:
        """One past the last character."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A half-open span of characters of the Document at the path `document`."""

    document: str
    start: int
    end: int

    def __len__(self) -> int:
        """Return the number of characters."""
        return max(0, self.end - self.start)


def union(spans: Iterable[Located]) -> list[Place]:
    """Return disjoint places, in order, that hold exactly the characters of the spans."""
    places = sorted(Place(span.document, span.start, span.end) for span in spans)
    merged: list[Place] = []
    for document, group in groupby(places, key=lambda place: place.document):
        start, end = -1, -1
        for place in group:
            if place.start > end:
                if end > start:
                    merged.append(Place(document, start, end))
                start, end = place.start, place.end
            end = max(end, place.end)
        if end > start:
            merged.append(Place(document, start, end))
    return merged


def size(spans: Iterable[Located]) -> int:
    """Count characters, those in several spans as often as they occur."""
    return sum(max(0, span.end - span.start) for span in spans)


def shared(left: Sequence[Place], right: Sequence[Place]) -> int:
    """Count the characters in both of two unions, as `union` returns them."""
    total, first, second = 0, 0, 0
    while first < len(left) and second < len(right):
        a, b = left[first], right[second]
        if a.document == b.document:
            total += max(0, min(a.end, b.end) - max(a.start, b.start))
        if (a.document, a.end) <= (b.document, b.end):
            first += 1
        else:
            second += 1
    return total


def touches(left: Located, right: Located) -> bool:
    """Say whether two spans have a character in common."""
    return left.document == right.document and max(left.start, right.start) < min(
        left.end, right.end
    )
