"""Kept text: where the text of a changed Document stood before it changed."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from os.path import commonprefix

from eval.place import Located, Place

_Lines = list[str]


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """Characters that are the same in both texts: from `after` on in the later, `before` on."""

    after: int
    before: int
    length: int


class KeptText:
    """Knows which characters of a Document's later text stand in its earlier one, and where.

    Lines are compared, and of lines that were replaced the common beginning and end.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        """Take blocks in the order of the later text, none overlapping another."""
        self._blocks = blocks
        self._starts = [block.after for block in blocks]

    @classmethod
    def between(cls, before: str, after: str, offsets: tuple[int, int] = (0, 0)) -> "KeptText":
        """Compare two texts; `offsets` are the positions at which they begin in the Documents."""
        found = (
            Block(each.after + offsets[1], each.before + offsets[0], each.length)
            for each in _blocks(before.splitlines(keepends=True), after.splitlines(keepends=True))
        )
        return cls([block for block in found if block.length])

    def before(self, place: Located) -> list[Place]:
        """Return where the characters of a place stood before, as far as they did, in order."""
        first = max(0, bisect_right(self._starts, place.start) - 1)
        places = []
        for block in self._blocks[first:]:
            if block.after >= place.end:
                break
            start = max(place.start, block.after)
            end = min(place.end, block.after + block.length)
            if start < end:
                shift = block.before - block.after
                places.append(Place(place.document, start + shift, end + shift))
        return places


def _blocks(before: _Lines, after: _Lines) -> Iterator[Block]:
    old, new = _offsets(before), _offsets(after)
    matcher = SequenceMatcher(None, before, after)
    for kind, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        if kind == "equal":
            yield Block(new[from_new], old[from_old], new[to_new] - new[from_new])
        elif kind == "replace":
            left, right = "".join(before[from_old:to_old]), "".join(after[from_new:to_new])
            head = len(commonprefix([left, right]))
            yield Block(new[from_new], old[from_old], head)
            tail = len(commonprefix([left[head:][::-1], right[head:][::-1]]))
            yield Block(new[to_new] - tail, old[to_old] - tail, tail)


def _offsets(lines: _Lines) -> list[int]:
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    return offsets
