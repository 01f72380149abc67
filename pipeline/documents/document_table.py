"""Documents as Parquet, a row each, in the order they were written."""

from pipeline.documents.document import Document
from pipeline.tables import Rows

DOCUMENT_ROWS = Rows(Document, "Documents")
