"""Indexes of Chunks, and a question to ranked Passages."""

__all__ = [
    "index_recall",
    "lexical_index",
    "passages",
    "ranking",
    "retriever",
    "search",
    "vector_index",
]
