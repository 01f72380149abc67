"""Span: consecutive characters of one Document, and arithmetic on several."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol


class Located(Protocol):
    """Anything that stands at a half-open span of a Document: a Passage, a Chunk, a Span."""

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
class Span:
    """A half-open span of characters of the Document at the path `document`."""

    document: str
    start: int
    end: int

    def __len__(self) -> int:
        """Return the number of characters."""
        return max(0, self.end - self.start)


def span_of(located: Located) -> Span:
    """Return where something stands."""
    return Span(located.document, located.start, located.end)


def union(located: Iterable[Located]) -> list[Span]:
    """Return disjoint spans, in order, that hold exactly the same characters."""
    merged: list[Span] = []
    for document, group in groupby(sorted(map(span_of, located)), key=lambda span: span.document):
        start, end = -1, -1
        for span in group:
            if span.start > end:
                if end > start:
                    merged.append(Span(document, start, end))
                start, end = span.start, span.end
            end = max(end, span.end)
        if end > start:
            merged.append(Span(document, start, end))
    return merged


def size(located: Iterable[Located]) -> int:
    """Count characters, those in several spans as often as they occur."""
    return sum(max(0, each.end - each.start) for each in located)


def shared(left: Sequence[Span], right: Sequence[Span]) -> int:
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
