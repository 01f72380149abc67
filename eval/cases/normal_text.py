"""NormalText: text in which only typography differs becomes equal, with a way back."""

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

_IGNORED = "\u00ad\u200b\u2060\ufeff"
_JAMO = range(0x1160, 0x1200)

# One character to one character, so that offsets are kept.
_TYPOGRAPHY = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2032\u02bc\u0060\u00b4"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"), '"'),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-"),
    **dict.fromkeys(map(ord, "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029"), " "),
    **dict.fromkeys(range(0x2000, 0x200B), " "),
    **dict.fromkeys(map(ord, "\u202f\u205f\u3000"), " "),
    # The bars of a Markdown table: one Reader draws them where another leaves blanks.
    ord("|"): " ",
}

# Runs of space or ignored characters; and runs beyond ASCII with the character they may combine
# with, the one place where NFKC can change anything.
_PIECE = re.compile(rf"[ {_IGNORED}]{{2,}}|[{_IGNORED}]|[!-~]?[^\x00-\x7f{_IGNORED}]+")


def normalise(text: str) -> str:
    """Unify white space, quotation marks and dashes, drop soft hyphens, and apply Unicode's NFKC.

    The bars of a table are white space. Letter case is kept: `us` and `US` are different facts.
    """
    return _PIECE.sub(lambda piece: _normal_piece(piece.group()), text.translate(_TYPOGRAPHY))


class NormalText:
    """A text, its normalised form, and the original span of any normalised one.

    Both are computed when first asked for; the map costs about as much memory as the text.
    """

    def __init__(self, original: str) -> None:
        """Keep the original text."""
        self.original = original

    @cached_property
    def text(self) -> str:
        """The normalised text."""
        return normalise(self.original)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original half-open span behind `text[start:end]`, which is not empty."""
        starts, originals, ends = self._pieces
        first = bisect_right(starts, start) - 1
        last = bisect_right(starts, end - 1) - 1
        exact = ends[last] < 0
        tail = originals[last] + (end - starts[last]) if exact else ends[last]
        head = originals[first] + (start - starts[first] if ends[first] < 0 else 0)
        return head, tail

    @cached_property
    def _pieces(self) -> tuple["array[int]", "array[int]", "array[int]"]:
        """Three columns: normalised start, original start, original end (-1: char by char)."""
        columns = array("q"), array("q"), array("q")
        normal = 0
        for piece, start, end, kept in self._segments():
            if piece:
                row = normal, start, -1 if kept else end
                for column, value in zip(columns, row, strict=True):
                    column.append(value)
                normal += len(piece)
        return columns

    def _segments(self) -> Iterator[tuple[str, int, int, bool]]:
        """Yield (normalised piece, original start, original end, whether char by char)."""
        text, position = self.original.translate(_TYPOGRAPHY), 0
        for match in _PIECE.finditer(text):
            start, end = match.span()
            if position < start:
                yield text[position:start], position, start, True
            piece = match.group()
            if _normal_piece(piece) == piece:
                yield piece, start, end, True
            else:
                for cluster in _clusters(piece):
                    yield _normal_piece(cluster), start, start + len(cluster), False
                    start += len(cluster)
            position = end
        if position < len(text):
            yield text[position:], position, len(text), True


def _normal_piece(piece: str) -> str:
    if not piece.strip(" " + _IGNORED):
        return " " if " " in piece else ""
    if unicodedata.is_normalized("NFKC", piece):
        return piece
    return "".join(unicodedata.normalize("NFKC", cluster) for cluster in _clusters(piece))


def _clusters(piece: str) -> list[str]:
    """Split where no character combines with the one before it; blank runs stay whole."""
    if not piece.strip(" " + _IGNORED):
        return [piece]
    clusters: list[str] = []
    for character in piece:
        joins = unicodedata.category(character)[0] == "M" or ord(character) in _JAMO
        if joins and clusters:
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters
