from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.documents.document import Document, Heading, Page
from pipeline.documents.document_table import DOCUMENT_ROWS
from pipeline.errors import ArtifactError
from pipeline.tables import write_table

DOCUMENTS = [
    Document("2", "é/保証.md", "ff", "text/markdown", "markdown/1", "# 保証 😀\0", (), ()),
    Document(
        "1", "a.pdf", "00", "application/pdf", "pdfium/1", "x\n\ny", (Page(1, 0, 1), Page(2, 3, 4)),
        (Heading(1, "x", 0, 1),), 0.5,
    ),
]  # fmt: skip


def test_documents_come_back_as_they_were_in_their_order(tmp_path: Path) -> None:
    DOCUMENT_ROWS.write(tmp_path / "d.parquet", DOCUMENTS)
    assert DOCUMENT_ROWS.read(tmp_path / "d.parquet") == DOCUMENTS


def test_no_documents_come_back_as_none(tmp_path: Path) -> None:
    DOCUMENT_ROWS.write(tmp_path / "d.parquet", [])
    assert DOCUMENT_ROWS.read(tmp_path / "d.parquet") == []


def test_another_table_is_refused_with_the_fix(tmp_path: Path) -> None:
    write_table(tmp_path / "d.parquet", pa.table({"id": ["1"]}))
    with pytest.raises(ArtifactError, match="does not hold Documents; remove it and run `dvc"):
        DOCUMENT_ROWS.read(tmp_path / "d.parquet")
