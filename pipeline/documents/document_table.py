"""Documents as Parquet."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from pipeline.documents.document import Document, Heading, Page
from pipeline.errors import ArtifactError
from pipeline.files import read_table, write_table

_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("path", pa.string()),
        ("sha256", pa.string()),
        ("media_type", pa.string()),
        ("reader", pa.string()),
        ("text", pa.large_string()),
        (
            "pages",
            pa.list_(
                pa.struct(
                    [
                        ("number", pa.int64()),
                        ("start", pa.int64()),
                        ("end", pa.int64()),
                        ("ocr_confidence", pa.float64()),
                    ]
                )
            ),
        ),
        (
            "headings",
            pa.list_(
                pa.struct(
                    [
                        ("level", pa.int64()),
                        ("title", pa.string()),
                        ("start", pa.int64()),
                        ("end", pa.int64()),
                    ]
                )
            ),
        ),
        ("ocr_confidence", pa.float64()),
        ("aliases", pa.list_(pa.string())),
        ("tags", pa.list_(pa.string())),
    ]
)


def write_documents(path: Path, documents: Sequence[Document]) -> None:
    """Write Documents as they stand, a row each."""
    rows = [asdict(document) for document in documents]
    write_table(path, pa.Table.from_pylist(rows, schema=_SCHEMA))


def read_documents(path: Path) -> list[Document]:
    """Read Documents back, in the order they were written.

    Raises:
        ArtifactError: the file is missing, broken or of another schema.
    """
    table = read_table(path)
    if table.schema.names != _SCHEMA.names:
        raise ArtifactError(f"{path} does not hold Documents; remove it and run `dvc repro`")
    return [
        Document(
            **{
                **row,
                "pages": tuple(Page(**page) for page in row["pages"]),
                "headings": tuple(Heading(**heading) for heading in row["headings"]),
                "aliases": tuple(row["aliases"]),
                "tags": tuple(row["tags"]),
            }
        )
        for row in table.to_pylist()
    ]
