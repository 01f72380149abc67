from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.chunk import Chunk
from pipeline.chunks import ChunkTable, write_chunks
from pipeline.passage_run import PassageRuns
from tests.searched_corpus import text_chunks


def _table(folder: Path, chunks: Sequence[Chunk]) -> ChunkTable:
    write_chunks(folder / "chunks.parquet", chunks)
    return ChunkTable.read(folder / "chunks.parquet")


def _documents() -> list[Chunk]:
    """Return rows 0 to 4 of one Document and rows 5 to 7 of another."""
    return [*text_chunks("abcde", "a.md"), *text_chunks("fgh", "b.md")]


def _in_context(chunks: Sequence[Chunk], first: int, last: int) -> list[Chunk]:
    start, end = chunks[first].start, chunks[last].end
    return [
        replace(each, context_start=start, context_end=end) for each in chunks[first : last + 1]
    ]


def _runs(runs: PassageRuns, rows: Sequence[int], k: int = 10) -> list[tuple[int, list[int]]]:
    return [(row, list(run)) for row, run in runs.of(rows, k)]


def test_without_context_and_neighbours_a_run_is_the_row_found(tmp_path: Path) -> None:
    runs = PassageRuns(_table(tmp_path, _documents()), 0)
    assert _runs(runs, [3, 0, 7], 2) == [(3, [3]), (0, [0])]
    assert [runs.depth(k) for k in (0, 1, 6)] == [0, 1, 6]


def test_neighbours_end_with_the_document(tmp_path: Path) -> None:
    runs = PassageRuns(_table(tmp_path, _documents()), 1)
    assert _runs(runs, [4, 5, 1]) == [(4, [3, 4]), (5, [5, 6]), (1, [0, 1, 2])]
    assert _runs(PassageRuns(_table(tmp_path, _documents()), 99), [6]) == [(6, [5, 6, 7])]


def test_no_row_is_in_two_runs(tmp_path: Path) -> None:
    runs = PassageRuns(_table(tmp_path, _documents()), 1)
    # Row 3 went out with row 2, so that it is no passage and row 4 begins after it.
    assert _runs(runs, [2, 3, 4, 0]) == [(2, [1, 2, 3]), (4, [4]), (0, [0])]


def test_a_context_is_handed_out_once_whichever_of_its_rows_is_found(tmp_path: Path) -> None:
    chunks = _documents()
    parents = [*_in_context(chunks, 0, 2), *_in_context(chunks, 3, 4), *chunks[5:]]
    runs = PassageRuns(_table(tmp_path, parents), 0)
    assert _runs(runs, [1, 2, 4, 0, 6]) == [(1, [0, 1, 2]), (4, [3, 4]), (6, [6])]
    assert runs.depth(4) == 10
    wider = PassageRuns(_table(tmp_path, parents), 1)
    assert _runs(wider, [4, 7]) == [(4, [2, 3, 4]), (7, [6, 7])]


def test_chunks_that_overlap_keep_their_own_contexts(tmp_path: Path) -> None:
    spans = [(0, 40), (5, 20), (30, 60), (60, 90)]
    chunks = [
        replace(chunk, start=start, end=end, text="x" * (end - start))
        for chunk, (start, end) in zip(text_chunks("abcd", "a.md"), spans, strict=True)
    ]
    chunks[2] = replace(chunks[2], context_start=30, context_end=90)
    runs = PassageRuns(_table(tmp_path, chunks), 0)
    assert [_runs(runs, [row])[0][1] for row in range(4)] == [[0, 1], [1], [2, 3], [3]]


def test_an_empty_corpus_has_no_runs(tmp_path: Path) -> None:
    runs = PassageRuns(_table(tmp_path, []), 2)
    assert _runs(runs, []) == []
    assert runs.depth(3) == 3


@given(st.permutations(range(8)), st.integers(0, 3), st.integers(1, 8))
def test_runs_are_disjoint_and_the_depth_suffices(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], neighbours: int, k: int
) -> None:
    chunks = _documents()
    table = _table(tmp_path_factory.mktemp("runs"), [*_in_context(chunks, 0, 2), *chunks[3:]])
    runs = PassageRuns(table, neighbours)
    whole = _runs(runs, order)
    handed = [row for _, run in whole for row in run]
    assert sorted(handed) == list(range(8))
    assert _runs(runs, order[: runs.depth(k)], k) == whole[:k]
