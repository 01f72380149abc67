"""Chunk: a contiguous character span of one Document."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipeline.tables import Rows


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


_ROWS = Rows(Chunk, "chunks")


def write_chunks(path: Path, chunks: Sequence[Chunk]) -> None:
    """Write chunks, a row each; the row number is the vector's number in the index."""
    _ROWS.write(path, chunks)


class ChunkTable:
    """Chunks by row number, kept in Arrow's memory rather than as Python objects."""

    def __init__(self, table: pa.Table) -> None:
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
        return cls(_ROWS.read_table(path))

    def chunks(self, rows: Sequence[int] | None = None) -> list[Chunk]:
        """Return the chunks of some rows, in that order, or all."""
        if rows is None:
            return _ROWS.made(self._table)
        # Taken by an array of rows, pyarrow would load pandas.
        return [chunk for row in rows for chunk in _ROWS.made(self._table.slice(row, 1))]

    def indexed_texts(self, rows: Sequence[int] | None = None) -> list[str]:
        """Return what is embedded and indexed, of some rows, in that order, or of all."""
        return [chunk.indexed_text for chunk in self.chunks(rows)]

    def column(self, name: str) -> pa.Array:
        """Return one field of all chunks, by row; null in Versions built before there was one."""
        if name not in self._table.schema.names:
            return pa.nulls(len(self), _ROWS.schema.field(name).type)
        return self._table[name].combine_chunks()
