"""Documents as Parquet."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.documents.document import Document
from pipeline.tables import Rows

_ROWS = Rows(Document, "Documents")


def write_documents(path: Path, documents: Sequence[Document]) -> None:
    """Write Documents as they stand, a row each."""
    _ROWS.write(path, documents)


def read_documents(path: Path) -> list[Document]:
    """Read Documents back, in the order they were written.

    Raises:
        ArtifactError: the file is missing, broken or of another schema.
    """
    return _ROWS.read(path)
