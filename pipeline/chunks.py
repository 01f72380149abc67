"""Chunks as Parquet, and as the table that an open Version looks them up in."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from pipeline.answer import Passage
from pipeline.artifact import read_table, write_table
from pipeline.chunk import Chunk
from pipeline.errors import ArtifactError

_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("document_id", pa.string()),
        ("document", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("text", pa.large_string()),
        ("text_hash", pa.string()),
        ("page", pa.int64()),
        ("headings", pa.list_(pa.string())),
        ("ocr_confidence", pa.float64()),
    ]
)
_LATER = {"ocr_confidence"}
"""Columns that Versions built before them lack; a Chunk has a default for each."""


def write_chunks(path: Path, chunks: Sequence[Chunk]) -> None:
    """Write chunks, a row each; the row number is the vector's number in the index."""
    write_table(path, pa.Table.from_pylist([asdict(chunk) for chunk in chunks], schema=_SCHEMA))


class ChunkTable:
    """Chunks by row number, kept in Arrow's memory rather than as Python objects."""

    def __init__(self, table: pa.Table) -> None:
        """Take a table of the chunks' schema."""
        self._table = table

    def __len__(self) -> int:
        """Return the number of chunks."""
        return int(self._table.num_rows)

    @classmethod
    def read(cls, path: Path) -> "ChunkTable":
        """Read the table.

        Raises:
            ArtifactError: the file is missing, broken or of another schema.
        """
        table = read_table(path)
        if _LATER | set(table.schema.names) != set(_SCHEMA.names):
            raise ArtifactError(f"{path} does not hold chunks; remove it and run `dvc repro`")
        return cls(table)

    def chunks(self, rows: Sequence[int] | None = None) -> list[Chunk]:
        """Return the chunks of some rows, in that order, or all."""
        table = self._table if rows is None else self._table.take(pa.array(rows, pa.int64()))
        return [Chunk(**{**row, "headings": tuple(row["headings"])}) for row in table.to_pylist()]

    def texts(self) -> list[str]:
        """Return all texts, by row."""
        texts: list[str] = self._table["text"].to_pylist()
        return texts

    def passages(self, rows: Sequence[int], scores: Sequence[float]) -> list[Passage]:
        """Return ranked passages for rows that are ordered best first."""
        found = zip(self.chunks(rows), scores, strict=True)
        return [_passage(rank, score, chunk) for rank, (chunk, score) in enumerate(found, start=1)]


def _passage(rank: int, score: float, chunk: Chunk) -> Passage:
    return Passage(
        rank=rank,
        score=score,
        chunk_id=chunk.id,
        document=chunk.document,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        text_hash=chunk.text_hash,
        page=chunk.page,
        headings=chunk.headings,
        ocr_confidence=chunk.ocr_confidence,
    )
