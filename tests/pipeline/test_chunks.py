from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.artifact import read_table, write_table
from pipeline.chunk import Chunk
from pipeline.chunks import ChunkTable, write_chunks
from pipeline.errors import ArtifactError

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
    assert table.texts() == ["abc", "保\0", "abc"]


def test_rows_come_in_the_order_asked_for(table: ChunkTable) -> None:
    assert table.chunks([2, 0, 2]) == [CHUNKS[2], CHUNKS[0], CHUNKS[2]]
    assert table.chunks([]) == []


def test_passages_are_ranked_from_one(table: ChunkTable) -> None:
    first, second = table.passages([1, 0], [0.9, 0.5])
    assert (first.rank, first.score, first.chunk_id, first.page) == (1, 0.9, "c2", 4)
    assert (second.rank, second.text_hash) == (2, "h1")
    assert first.place == "é.md, page 4, A › B"
    assert second.place == "é.md"


def test_a_passage_read_from_a_scan_says_how_surely(table: ChunkTable) -> None:
    [passage] = table.passages([2], [0.9])
    assert passage.ocr_confidence == 0.614
    assert "recognised with 61% confidence" in passage.place


def test_chunks_of_a_version_from_before_recognition_open(tmp_path: Path) -> None:
    write_chunks(tmp_path / "chunks.parquet", CHUNKS[:2])
    table = read_table(tmp_path / "chunks.parquet")
    write_table(tmp_path / "old.parquet", table.drop_columns(["ocr_confidence"]))
    assert ChunkTable.read(tmp_path / "old.parquet").chunks() == CHUNKS[:2]


def test_another_table_is_refused_with_the_fix(tmp_path: Path) -> None:
    write_table(tmp_path / "chunks.parquet", pa.table({"id": ["1"]}))
    with pytest.raises(ArtifactError, match="does not hold chunks; remove it and run `dvc repro`"):
        ChunkTable.read(tmp_path / "chunks.parquet")
