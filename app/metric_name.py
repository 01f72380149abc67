"""Metric names as people read them."""

_WRITTEN = {"ndcg": "nDCG", "mrr": "MRR", "iou": "IoU", "f1": "F1", "rouge": "ROUGE", "l": "L"}


def words(name: str) -> str:
    """Turn a name of code into words: `context_recall` to `context recall`, `mrr` to `MRR`."""
    return " ".join(_WRITTEN.get(word, word) for word in name.split("_"))
