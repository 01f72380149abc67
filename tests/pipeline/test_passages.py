from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.artifact import read_table, write_table
from pipeline.chunk import Chunk
from pipeline.chunks import ChunkTable, write_chunks
from pipeline.digest import hash_text
from pipeline.passages import joined_text, make_passages

CHUNKS = [
    Chunk("c1", "d1", "é.md", 0, 3, "abc", hash_text("abc"), 3, ("A",), gap=" \n\n"),
    Chunk("c2", "d1", "é.md", 6, 8, "保\0", hash_text("保\0"), 4, ("A", "B"), 0.9, gap=" "),
    Chunk("c3", "d1", "é.md", 9, 12, "def", hash_text("def"), None, (), 0.614),
]


def _table(folder: Path) -> ChunkTable:
    write_chunks(folder / "chunks.parquet", CHUNKS)
    return ChunkTable.read(folder / "chunks.parquet")


def test_passages_are_ranked_from_one(tmp_path: Path) -> None:
    found = [(1, range(1, 2)), (0, range(1))]
    first, second = make_passages(_table(tmp_path), found, [0.9, 0.5])
    assert (first.rank, first.score, first.chunk_id, first.page) == (1, 0.9, "c2", 4)
    assert (first.start, first.end, first.text) == (6, 8, "保\0")
    assert (second.rank, second.text_hash) == (2, hash_text("abc"))
    assert second.place == "é.md, page 3, A"
    assert make_passages(_table(tmp_path), [], []) == []


def test_a_run_is_one_text_that_names_the_chunk_found_in_it(tmp_path: Path) -> None:
    [passage] = make_passages(_table(tmp_path), [(1, range(3))], [0.7])
    assert passage.chunk_id == "c2"
    assert (passage.start, passage.end) == (0, 12)
    assert passage.text == "abc \n\n保\0 def"
    assert passage.text_hash == hash_text(passage.text)
    assert (passage.page, passage.headings) == (3, ("A",))


def test_a_run_is_as_sure_as_its_least_sure_chunk(tmp_path: Path) -> None:
    table = _table(tmp_path)
    scanned, mixed, written = make_passages(
        table, [(2, range(2, 3)), (0, range(2)), (0, range(1))], [0.9, 0.8, 0.7]
    )
    assert (scanned.ocr_confidence, mixed.ocr_confidence) == (0.614, 0.9)
    assert written.ocr_confidence is None
    assert "recognised with 61% confidence" in scanned.place


def test_white_space_that_an_early_table_lacks_becomes_a_line_break(tmp_path: Path) -> None:
    _table(tmp_path)
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
