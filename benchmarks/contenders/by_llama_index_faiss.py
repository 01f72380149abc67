"""LlamaIndex with FAISS as its store, which cannot delete: after a change it is built anew."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.contenders import by_llama_index as usual

_DIMENSION = 384


def build(texts: Path, place: Path) -> dict[str, float]:
    """Read, split, embed and persist."""
    import faiss
    from llama_index.vector_stores.faiss import FaissVectorStore

    return usual.build(texts, place, FaissVectorStore(faiss.IndexFlatIP(_DIMENSION)))


def update(texts: Path, place: Path) -> dict[str, float]:
    """Build anew."""
    return build(texts, place)


def open_index(place: Path, k: int) -> tuple[int, Callable[[str], list[str]]]:
    """Load the index; return its number of chunks, and question to the texts of passages."""
    from llama_index.vector_stores.faiss import FaissVectorStore

    store: Any = FaissVectorStore.from_persist_dir(str(place))
    return usual.open_index(place, k, store)
