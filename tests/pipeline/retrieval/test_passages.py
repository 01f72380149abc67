from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.chunking.chunk import Chunk, ChunkTable, write_chunks
from pipeline.files import hash_text
from pipeline.retrieval.passages import PassageRuns, joined_text, make_passages
from pipeline.tables import read_table, write_table
from tests.support.corpus import text_chunks


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


CHUNKS = [
    Chunk("c1", "d1", "é.md", 0, 3, "abc", hash_text("abc"), 3, ("A",), gap=" \n\n"),
    Chunk("c2", "d1", "é.md", 6, 8, "保\0", hash_text("保\0"), 4, ("A", "B"), 0.9, gap=" "),
    Chunk("c3", "d1", "é.md", 9, 12, "def", hash_text("def"), None, (), 0.614),
]


def _passages_table(folder: Path) -> ChunkTable:
    write_chunks(folder / "chunks.parquet", CHUNKS)
    return ChunkTable.read(folder / "chunks.parquet")


def test_passages_are_ranked_from_one(tmp_path: Path) -> None:
    found = [(1, range(1, 2)), (0, range(1))]
    first, second = make_passages(_passages_table(tmp_path), found, [0.9, 0.5])
    assert (first.rank, first.score, first.chunk_id, first.page) == (1, 0.9, "c2", 4)
    assert (first.start, first.end, first.text) == (6, 8, "保\0")
    assert (second.rank, second.text_hash) == (2, hash_text("abc"))
    assert second.place == "é.md, page 3, A"
    assert make_passages(_passages_table(tmp_path), [], []) == []


def test_a_run_is_one_text_that_names_the_chunk_found_in_it(tmp_path: Path) -> None:
    [passage] = make_passages(_passages_table(tmp_path), [(1, range(3))], [0.7])
    assert passage.chunk_id == "c2"
    assert (passage.start, passage.end) == (0, 12)
    assert passage.text == "abc \n\n保\0 def"
    assert passage.text_hash == hash_text(passage.text)
    assert (passage.page, passage.headings) == (3, ("A",))


def test_a_run_is_as_sure_as_its_least_sure_chunk(tmp_path: Path) -> None:
    table = _passages_table(tmp_path)
    scanned, mixed, written = make_passages(
        table, [(2, range(2, 3)), (0, range(2)), (0, range(1))], [0.9, 0.8, 0.7]
    )
    assert (scanned.ocr_confidence, mixed.ocr_confidence) == (0.614, 0.9)
    assert written.ocr_confidence is None
    assert "recognised with 61% confidence" in scanned.place


def test_white_space_that_an_early_table_lacks_becomes_a_line_break(tmp_path: Path) -> None:
    _passages_table(tmp_path)
    names = ["gap", "prefix", "context_start", "context_end", "language", "tags"]
    write_table(
        tmp_path / "old.parquet", read_table(tmp_path / "chunks.parquet").drop_columns(names)
    )
    [passage] = make_passages(ChunkTable.read(tmp_path / "old.parquet"), [(1, range(3))], [0.7])
    assert passage.text == "abc\n  保\0\ndef"
    assert len(passage.text) == passage.end - passage.start


_TEXTS = st.text("ab \n😀é", max_size=40)


@given(_TEXTS, st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), min_size=1, max_size=8))
def test_overlapping_and_parted_chunks_rebuild_the_exact_text(
    text: str, cuts: list[tuple[int, int]]
) -> None:
    spans = sorted({(start, min(start + size, len(text))) for start, size in cuts})
    spans = [(start, end) for start, end in spans if start < end]
    if not spans:
        return
    furthest = [max(end for _, end in spans[: place + 1]) for place in range(len(spans))]
    starts = [start for start, _ in spans[1:]] + [furthest[-1]]
    chunks = [
        replace(CHUNKS[0], start=start, end=end, text=text[start:end], gap=text[reach:following])
        for (start, end), reach, following in zip(spans, furthest, starts, strict=True)
    ]
    assert joined_text(chunks) == text[spans[0][0] : furthest[-1]]


@pytest.mark.parametrize(
    ("gap", "between"), [("", "\n   "), (" \t", "\n   "), ("xy\n \n ", "\n \n ")]
)
def test_a_gap_of_another_length_keeps_the_span(gap: str, between: str) -> None:
    first = replace(CHUNKS[0], gap=gap)
    second = replace(CHUNKS[2], start=7, end=10)
    assert joined_text([first, second]) == f"abc{between}def"
