"""A raw folder to Documents: files read in processes of their own, cleaned, reported on."""

__all__ = [
    "document",
    "document_table",
    "ingestion",
    "raw_files",
    "reader",
    "report",
    "signature",
    "worker",
]
