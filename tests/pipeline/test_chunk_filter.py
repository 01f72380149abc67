import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.artifact import read_table, write_table
from pipeline.chunk_filter import allowed_rows
from pipeline.chunks import ChunkTable, write_chunks
from tests.searched_corpus import retrieval_params, text_chunks

PLACES: list[tuple[str, str | None, tuple[str, ...]]] = [
    ("manuals/pump.md", "english", ("manual", "old")),
    ("manuals/pump.md", None, ("manual", "old")),
    ("manuals/fr/pompe.md", "french", ("manual",)),
    ("manuals-2/pump.md", "english", ()),
    ("notes.txt", "english", ("note",)),
]


@pytest.fixture
def chunks(tmp_path: Path) -> ChunkTable:
    held = [
        replace(chunk, document=document, language=language, tags=tags)
        for chunk, (document, language, tags) in zip(text_chunks("abcde"), PLACES, strict=True)
    ]
    write_chunks(tmp_path / "chunks.parquet", held)
    return ChunkTable.read(tmp_path / "chunks.parquet")


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ({"documents": ["*.md"]}, [0, 1, 2, 3]),
        ({"documents": ["pump.md", "notes.*"]}, [0, 1, 3, 4]),
        ({"folders": ["manuals"]}, [0, 1, 2]),
        ({"folders": ["./manuals/", "manuals-2"]}, [0, 1, 2, 3]),
        ({"folders": ["manuals/fr"]}, [2]),
        ({"folders": ["."]}, [0, 1, 2, 3, 4]),
        ({"languages": ["french"]}, [2]),
        ({"languages": ["english", "german"]}, [0, 3, 4]),
        ({"tags": ["manual"]}, [0, 1, 2]),
        ({"tags": ["old", "note"]}, [0, 1, 4]),
        ({"folders": ["manuals"], "languages": ["english"]}, [0]),
        ({"documents": ["*.md"], "tags": ["manual", "note"], "languages": ["french"]}, [2]),
    ],
)
def test_a_chunk_meets_every_filter_that_is_given(
    chunks: ChunkTable, changes: dict[str, Any], rows: list[int]
) -> None:
    allowed = allowed_rows(chunks, retrieval_params(**changes))
    assert allowed is not None
    assert allowed.nonzero()[0].tolist() == rows


def test_without_filters_there_is_nothing_to_look_at(chunks: ChunkTable) -> None:
    assert allowed_rows(chunks, retrieval_params()) is None


def test_filters_that_leave_no_chunk_are_one_warning(
    chunks: ChunkTable, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "winnow"):
        allowed = allowed_rows(chunks, retrieval_params(folders=["manual"], tags=["new"]))
    assert allowed is not None
    assert not allowed.any()
    [record] = caplog.records
    assert "`folders` ['manual']" in record.getMessage()
    assert "`tags` ['new']" in record.getMessage()


def test_chunks_from_before_there_were_languages_and_tags_have_none(
    tmp_path: Path,
) -> None:
    write_chunks(tmp_path / "chunks.parquet", text_chunks("ab"))
    table = read_table(tmp_path / "chunks.parquet").drop_columns(["language", "tags"])
    write_table(tmp_path / "old.parquet", table)
    old = ChunkTable.read(tmp_path / "old.parquet")
    for changes in ({"languages": ["english"]}, {"tags": ["manual"]}):
        allowed = allowed_rows(old, retrieval_params(**changes))
        assert allowed is not None
        assert not allowed.any()


def test_an_empty_corpus_can_be_filtered(tmp_path: Path) -> None:
    write_chunks(tmp_path / "none.parquet", [])
    params = retrieval_params(documents=["*"], languages=["english"], tags=["manual"])
    allowed = allowed_rows(ChunkTable.read(tmp_path / "none.parquet"), params)
    assert allowed is not None
    assert allowed.tolist() == []
