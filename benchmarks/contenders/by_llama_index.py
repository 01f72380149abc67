"""LlamaIndex's usual set-up: reader, SentenceSplitter, HuggingFaceEmbedding, its default store.

The store is SimpleVectorStore, kept as JSON; `refresh_ref_docs` brings an index up to date.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.export.loading import model_source

SIZE = 200


def build(texts: Path, place: Path, store: Any = None) -> dict[str, float]:
    """Read, split, embed and persist; without a store, in the default one."""
    from llama_index.core import StorageContext, VectorStoreIndex

    index = VectorStoreIndex.from_documents(
        _documents(texts),
        storage_context=StorageContext.from_defaults(vector_store=store),
        transformations=[_splitter()],
        embed_model=_embed_model(),
    )
    index.storage_context.persist(str(place))
    return {}


def update(texts: Path, place: Path) -> dict[str, float]:
    """Load the index, refresh what changed, persist it again."""
    from llama_index.core import StorageContext, load_index_from_storage

    index: Any = load_index_from_storage(
        StorageContext.from_defaults(persist_dir=str(place)),
        embed_model=_embed_model(),
        transformations=[_splitter()],
    )
    index.refresh_ref_docs(_documents(texts))
    index.storage_context.persist(str(place))
    return {}


def open_index(place: Path, k: int, store: Any = None) -> tuple[int, Callable[[str], list[str]]]:
    """Load the index; return its number of chunks, and question to the texts of passages."""
    from llama_index.core import StorageContext, load_index_from_storage

    context = StorageContext.from_defaults(persist_dir=str(place), vector_store=store)
    index = load_index_from_storage(context, embed_model=_embed_model())
    retriever = index.as_retriever(similarity_top_k=k)
    return len(index.docstore.docs), lambda question: [
        found.node.get_content() for found in retriever.retrieve(question)
    ]


def _documents(texts: Path) -> list[Any]:
    """Read the files; without metadata, which would be embedded too and take of a chunk's size."""
    from llama_index.core import SimpleDirectoryReader

    reader = SimpleDirectoryReader(
        str(texts), recursive=True, filename_as_id=True, file_metadata=lambda _: {}
    )
    return list(reader.load_data())


def _splitter() -> Any:
    """Return the default splitter, with the size that all contenders are given."""
    from llama_index.core.node_parser import SentenceSplitter

    return SentenceSplitter(chunk_size=SIZE, chunk_overlap=0)


def _embed_model() -> Any:
    """Return the model through sentence-transformers."""
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    return HuggingFaceEmbedding(model_name=model_source("all-MiniLM-L6-v2"), device="cpu")
