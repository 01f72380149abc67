"""Span search: where the pieces that a splitter made of a text stand in it.

A splitter's own offsets are wrong where a passage repeats, and the first occurrence of a piece
may be the wrong one too. What is certain: pieces are in order, only blanks lie between one and
the next, and the last ends where the text does. The search keeps every chain of positions that
is still possible and takes one that reaches the end.
"""

from collections.abc import Iterator, Sequence

Span = tuple[int, int]

_MOST_CHAINS = 500


def locate_pieces(text: str, pieces: Sequence[str], *, overlap: bool) -> list[Span] | None:
    """Return the half-open spans of consecutive, stripped pieces; without `overlap`, disjoint.

    Starts and ends increase, and the union of the spans covers every character that is not
    blank. A piece that only repeats what its neighbour holds is left out. None if the pieces
    do not fit the text, or repeat so much that too many chains stay possible.
    """
    first = skip_blanks(text, 0)
    if not pieces or not text.startswith(pieces[0], first):
        return None
    kept, chains = [pieces[0]], [{first: -1}]
    for piece in pieces[1:]:
        following = _following(text, chains[-1], kept[-1], piece, overlap=overlap)
        if len(following) > _MOST_CHAINS:
            return None
        if following:
            kept.append(piece)
            chains.append(following)
        elif piece not in kept[-1]:
            return None
    return _chain(text, chains, kept)


def _following(
    text: str, starts: dict[int, int], piece: str, following: str, *, overlap: bool
) -> dict[int, int]:
    """Map each possible start of the following piece to a start of the piece before it."""
    found: dict[int, int] = {}
    for start in sorted(starts):
        end = start + len(piece)
        last = skip_blanks(text, end)
        for candidate in _occurrences(text, following, start if overlap else last, last):
            if candidate + len(following) > end:
                found[candidate] = start
    return found


def _occurrences(text: str, piece: str, first: int, last: int) -> Iterator[int]:
    """Yield the positions from `first` to `last` at which a piece begins."""
    position = text.find(piece, first, last + len(piece))
    while position >= 0:
        yield position
        position = text.find(piece, position + 1, last + len(piece))


def _chain(text: str, parents: list[dict[int, int]], pieces: Sequence[str]) -> list[Span] | None:
    """Follow the chain that reaches the end of the text back to its start."""
    length = len(text.rstrip())
    ends = [start for start in parents[-1] if start + len(pieces[-1]) == length]
    if not ends:
        return None
    start, spans = ends[0], []
    for piece, known in zip(reversed(pieces), reversed(parents), strict=True):
        spans.append((start, start + len(piece)))
        start = known[start]
    # A piece that its successor repeats from the start on says nothing of its own.
    followed = zip(spans, [None, *spans], strict=False)
    return [span for span, after in followed if after is None or span[0] < after[0]][::-1]


def skip_blanks(text: str, position: int) -> int:
    """Return the first position from `position` on that holds no blank, or the text's length."""
    while position < len(text) and text[position].isspace():
        position += 1
    return position
