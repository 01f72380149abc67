"""Public data sets: their layouts, measures and published figures."""

__all__ = [
    "beir",
    "chunking",
    "document_recall",
    "human_agreement",
    "judges_layout",
    "judges_table",
]
