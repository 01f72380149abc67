"""Passages: what is handed out for the rows that a search ranks."""

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

from pipeline.answer import Passage
from pipeline.chunk import Chunk
from pipeline.chunks import ChunkTable
from pipeline.digest import hash_text


def make_passages(
    chunks: ChunkTable, found: Sequence[tuple[int, range]], scores: Sequence[float]
) -> list[Passage]:
    """Return a passage for each found row and its run, best first, ranks counting from 1.

    It has the found chunk's id and score, and its run's span, text, page and headings.
    """
    held = iter(chunks.chunks(list(chain.from_iterable(run for _, run in found))))
    return [
        _passage(rank, score, [next(held) for _ in run], row - run.start)
        for rank, ((row, run), score) in enumerate(zip(found, scores, strict=True), start=1)
    ]


def joined_text(chunks: Sequence[Chunk]) -> str:
    """Return the Document's text from the first chunk's start to the furthest end.

    Chunk tables written before there were gaps do not hold the white space between two chunks:
    it becomes a line break and blanks.
    """
    return "".join(_pieces(chunks))


def _pieces(chunks: Sequence[Chunk]) -> Iterator[str]:
    yield chunks[0].text
    end = chunks[0].end
    for before, chunk in pairwise(chunks):
        between = max(0, chunk.start - end)
        known = len(before.gap) >= between
        yield before.gap[len(before.gap) - between :] if known else "\n".ljust(between)
        yield chunk.text[max(0, end - chunk.start) :]
        end = max(end, chunk.end)


def _passage(rank: int, score: float, run: Sequence[Chunk], place: int) -> Passage:
    first, found = run[0], run[place]
    text = joined_text(run)
    confidences = [each.ocr_confidence for each in run if each.ocr_confidence is not None]
    return Passage(
        rank=rank,
        score=score,
        chunk_id=found.id,
        document=found.document,
        start=first.start,
        end=max(each.end for each in run),
        text=text,
        text_hash=found.text_hash if len(run) == 1 else hash_text(text),
        page=first.page,
        headings=first.headings,
        ocr_confidence=min(confidences, default=None),
    )
