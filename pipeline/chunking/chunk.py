"""Chunk: a contiguous character span of one Document."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import ArtifactError
from pipeline.files import read_table, write_table


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a Document: `document.text[start:end] == text`.

    `id` is a hash of document id, span and text; `text_hash` is of the text alone, so that
    equal text is recognised wherever it stands. `document` is the Document's path; `page` is
    the page that the chunk begins on, `headings` the titles that it begins under.
    `ocr_confidence` is the least of the pages that it touches, in 0..1, and None where no
    character of them was recognised from an image. `prefix` is put before the text where it is
    embedded and indexed. `gap` is the white space between it and the next chunk of its Document.
    An answer is made from `context_start` to `context_end`, which cover the chunk, where a chunker
    sets them. `language` is Snowball's name, such as `english`; `tags` are its Document's.
    """

    id: str
    document_id: str
    document: str
    start: int
    end: int
    text: str
    text_hash: str
    page: int | None
    headings: tuple[str, ...]
    ocr_confidence: float | None = None
    prefix: str = ""
    gap: str = ""
    context_start: int | None = None
    context_end: int | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def indexed_text(self) -> str:
        """Return what is embedded and indexed."""
        return f"{self.prefix}\n{self.text}" if self.prefix else self.text


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
        ("prefix", pa.string()),
        ("gap", pa.string()),
        ("context_start", pa.int64()),
        ("context_end", pa.int64()),
        ("language", pa.string()),
        ("tags", pa.list_(pa.string())),
    ]
)
_LATER = {
    "ocr_confidence", "prefix", "gap", "context_start", "context_end", "language", "tags",
}  # fmt: skip
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
        if rows is None:
            return [_chunk(row) for row in self._table.to_pylist()]
        # Taken by an array of rows, pyarrow would load pandas.
        slices = [self._table.slice(row, 1) for row in rows]
        return [_chunk(row) for each in slices for row in each.to_pylist()]

    def indexed_texts(self, rows: Sequence[int] | None = None) -> list[str]:
        """Return what is embedded and indexed, of some rows, in that order, or of all."""
        return [chunk.indexed_text for chunk in self.chunks(rows)]

    def column(self, name: str) -> pa.Array:
        """Return one field of all chunks, by row; null in Versions built before there was one."""
        if name not in self._table.schema.names:
            return pa.nulls(len(self), _SCHEMA.field(name).type)
        return self._table[name].combine_chunks()


def _chunk(row: dict[str, Any]) -> Chunk:
    lists: dict[str, Any] = {name: tuple(row[name]) for name in ("headings", "tags") if name in row}
    return Chunk(**{**row, **lists})
