"""Public data sets: their layouts, measures and published figures."""

__all__ = [
    "agreement_table",
    "beir",
    "chunking",
    "document_recall",
    "human_agreement",
    "human_labels",
]
