from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.chunking.chunk import Chunk, ChunkTable, write_chunks
from pipeline.errors import ArtifactError
from pipeline.tables import read_table, write_table

CHUNKS = [
    Chunk("c1", "d1", "é.md", 0, 3, "abc", "h1", None, ()),
    Chunk("c2", "d1", "é.md", 3, 5, "保\0", "h2", 4, ("A", "B")),
    Chunk("c3", "d2", "b.md", 0, 3, "abc", "h1", 1, ("",), 0.614),
]


@pytest.fixture
def table(tmp_path: Path) -> ChunkTable:
    write_chunks(tmp_path / "chunks.parquet", CHUNKS)
    return ChunkTable.read(tmp_path / "chunks.parquet")


def test_chunks_come_back_as_they_were(table: ChunkTable) -> None:
    assert table.chunks() == CHUNKS
    assert len(table) == 3
    assert table.indexed_texts() == ["abc", "保\0", "abc"]


def test_rows_come_in_the_order_asked_for(table: ChunkTable) -> None:
    assert table.chunks([2, 0, 2]) == [CHUNKS[2], CHUNKS[0], CHUNKS[2]]
    assert table.chunks([]) == []


def test_what_is_indexed_is_the_text_after_its_prefix(tmp_path: Path) -> None:
    write_chunks(tmp_path / "chunks.parquet", [CHUNKS[0], replace(CHUNKS[2], prefix="A > B")])
    table = ChunkTable.read(tmp_path / "chunks.parquet")
    assert table.indexed_texts([1, 0]) == ["A > B\nabc", "abc"]


def test_chunks_of_a_version_from_before_recognition_open(tmp_path: Path) -> None:
    write_chunks(tmp_path / "chunks.parquet", CHUNKS[:2])
    table = read_table(tmp_path / "chunks.parquet")
    write_table(tmp_path / "old.parquet", table.drop_columns(["ocr_confidence"]))
    assert ChunkTable.read(tmp_path / "old.parquet").chunks() == CHUNKS[:2]


def test_another_table_is_refused_with_the_fix(tmp_path: Path) -> None:
    write_table(tmp_path / "chunks.parquet", pa.table({"id": ["1"]}))
    with pytest.raises(ArtifactError, match="does not hold chunks; remove it and run `dvc repro`"):
        ChunkTable.read(tmp_path / "chunks.parquet")


def test_a_field_is_read_by_row_and_is_null_where_a_version_lacks_it(
    table: ChunkTable, tmp_path: Path
) -> None:
    assert table.column("page").to_pylist() == [None, 4, 1]
    whole = read_table(tmp_path / "chunks.parquet")
    write_table(tmp_path / "old.parquet", whole.drop_columns(["tags", "gap"]))
    old = ChunkTable.read(tmp_path / "old.parquet")
    assert old.column("tags").to_pylist() == old.column("gap").to_pylist() == [None] * 3
