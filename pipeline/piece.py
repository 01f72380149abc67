"""Piece: a span that a Document is divided into, before it is a Chunk."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A half-open span of characters, and the span around it that an answer is made from."""

    start: int
    end: int
    context_start: int | None = None
    context_end: int | None = None
