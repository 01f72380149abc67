"""Context packing: the passages that fit into a model's window."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.answer import Passage
from pipeline.prompt_tokens import count_tokens
from pipeline.quotation import passage_block
from pipeline.segmentation import sentence_spans

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Packed:
    """Passages as the text that a model is given, and the ranks of those that were left out."""

    text: str
    dropped: tuple[int, ...]


def pack(passages: Sequence[Passage], room: int) -> Packed:
    """Return the passages, best first and whole, that take at most `room` tokens together.

    One that does not fit is left out, and a smaller one after it may still be taken. Only a first
    one that is larger than all the room is cut, at the end of a sentence if it holds one.
    """
    blocks: list[str] = []
    dropped: list[int] = []
    for passage in passages:
        block = passage_block(passage)
        taken = _length(block)
        if taken > room and not blocks and not dropped:
            block = _cut(passage, room)
            taken = _length(block)
        if block and taken <= room:
            blocks.append(block)
            room -= taken
        else:
            dropped.append(passage.rank)
    return Packed("\n".join(blocks), tuple(dropped))


def _length(block: str) -> int:
    # No token crosses from this line break to the bracket of the next block.
    return count_tokens(f"{block}\n")


def _cut(passage: Passage, room: int) -> str:
    """Return the block of a passage's beginning: whole sentences, else words, else characters."""
    text = passage.text
    for ends in (
        [end for _, end in sentence_spans(text)],
        [word.end() for word in _WORD.finditer(text)],
        range(1, len(text)),
    ):
        blocks = [passage_block(passage, text[: ends[0]])] if ends else []
        if blocks and _length(blocks[0]) <= room:
            fitting = bisect_right(
                ends, room, key=lambda end: _length(passage_block(passage, text[:end]))
            )
            return passage_block(passage, text[: ends[fitting - 1]])
    return ""
