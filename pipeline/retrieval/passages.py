"""Passages: what is handed out for the rows that a search ranks, each with its context."""

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.answer import Passage
from pipeline.chunking.chunk import Chunk, ChunkTable
from pipeline.files import hash_text

Bounds = tuple[NDArray[np.int64], NDArray[np.int64]]
"""First and last row, by row."""


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
    texts, end = [chunks[0].text], chunks[0].end
    for before, chunk in pairwise(chunks):
        between = max(0, chunk.start - end)
        known = len(before.gap) >= between
        texts.append(before.gap[len(before.gap) - between :] if known else "\n".ljust(between))
        texts.append(chunk.text[max(0, end - chunk.start) :])
        end = max(end, chunk.end)
    return "".join(texts)


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


class PassageRuns:
    """Knows each row's run: its chunk's context, and neighbours of the same Document.

    Rows stand in the order of their Documents and spans, so that a run is a contiguous text.
    """

    def __init__(self, chunks: ChunkTable, neighbours: int) -> None:
        rows = np.arange(len(chunks))
        self._first, self._last = rows, rows
        has_context = chunks.column("context_start").null_count < len(chunks)
        if has_context or neighbours:
            document = _document_bounds(chunks)
            first, last = _context_bounds(chunks, document[0]) if has_context else (rows, rows)
            self._first = np.maximum(first - neighbours, document[0])
            self._last = np.minimum(last + neighbours, document[1])
        lengths = self._last - self._first + 1
        self._longest = int(lengths.max(initial=1))

    def depth(self, k: int) -> int:
        """Return how many ranked rows make `k` runs for certain, whichever rows they are."""
        return max(0, k - 1) * self._longest + min(k, 1)

    def of(self, rows: Iterable[int], k: int) -> list[tuple[int, range]]:
        """Return each found row with its run, `k` at most; no row is in two of them.

        A row that an earlier run holds is left out, and a run ends where an earlier one begins.
        """
        runs: list[tuple[int, range]] = []
        held: set[int] = set()
        for row in rows:
            if len(runs) == k:
                break
            if row not in held:
                run = self._free(row, held)
                held.update(run)
                runs.append((row, run))
        return runs

    def _free(self, row: int, held: set[int]) -> range:
        first = last = row
        while first > self._first[row] and first - 1 not in held:
            first -= 1
        while last < self._last[row] and last + 1 not in held:
            last += 1
        return range(first, last + 1)


def _document_bounds(chunks: ChunkTable) -> Bounds:
    documents = chunks.column("document").dictionary_encode().indices.to_numpy()
    begins = np.flatnonzero(np.diff(documents, prepend=-1))
    counts = np.diff(begins, append=len(documents))
    return np.repeat(begins, counts), np.repeat(begins + counts - 1, counts)


def _context_bounds(chunks: ChunkTable, documents: NDArray[np.int64]) -> Bounds:
    """Return the rows whose spans lie in each row's context, which is at least its own span.

    Spans ascend within a Document, so Documents laid end to end make one ascending scale.
    """
    import pyarrow.compute as pc

    start, end = (chunks.column(name).to_numpy() for name in ("start", "end"))
    context_start, context_end = (
        pc.coalesce(chunks.column(f"context_{name}"), chunks.column(name)).to_numpy()
        for name in ("start", "end")
    )
    offset = documents * (int(end.max(initial=0)) + 1)
    rows = np.arange(len(chunks))
    first = np.searchsorted(offset + start, offset + context_start, "left")
    # A chunk may end before one that began earlier does; the scale must not fall there.
    ends = np.maximum.accumulate(offset + end)
    last = np.searchsorted(ends, offset + context_end, "right") - 1
    return np.minimum(first, rows), np.maximum(last, rows)
