"""Marked text: a passage cut into pieces, so that what an answer took from it stands out."""

import re
from collections.abc import Sequence

Pieces = tuple[tuple[str, bool], ...]


def marked_text(text: str, sentences: Sequence[str]) -> Pieces:
    """Cut a text into (piece, is one of the sentences); the pieces joined are the text.

    A sentence is found where its words follow one another, whatever the white space between.
    """
    spans = sorted(span for sentence in sentences for span in _places(text, sentence))
    pieces: list[tuple[str, bool]] = []
    done = 0
    for start, end in spans:
        start = max(start, done)
        if start >= end:
            continue
        if start > done:
            pieces.append((text[done:start], False))
        pieces.append((text[start:end], True))
        done = end
    if done < len(text) or not pieces:
        pieces.append((text[done:], False))
    return tuple(pieces)


def excerpt(pieces: Pieces, length: int = 160) -> str:
    """Return the beginning of what is marked, else of the whole, on one line."""
    marked = next((piece for piece, is_marked in pieces if is_marked), None)
    text = " ".join((marked or "".join(piece for piece, _ in pieces)).split())
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0] + " …"


def _places(text: str, sentence: str) -> list[tuple[int, int]]:
    parts = sentence.split()
    if not parts:
        return []
    pattern = r"\s+".join(re.escape(part) for part in parts)
    return [match.span() for match in re.finditer(pattern, text)]
