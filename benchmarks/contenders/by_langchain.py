"""LangChain's usual set-up: TextLoader, recursive splitter, HuggingFaceEmbeddings, FAISS.

Its indexing API with a SQL record manager fills the store, and brings it up to date.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.export.loading import model_source

SIZE = 200
_DIMENSION = 384


def build(texts: Path, place: Path) -> dict[str, float]:
    """Load, split, embed and save."""
    import faiss
    from langchain_community.docstore.in_memory import InMemoryDocstore
    from langchain_community.vectorstores import FAISS

    store = FAISS(_embeddings(), faiss.IndexFlatL2(_DIMENSION), InMemoryDocstore(), {})
    _bring_up_to_date(store, texts, place)
    return {}


def update(texts: Path, place: Path) -> dict[str, float]:
    """Load the store, index what changed, save it again."""
    _bring_up_to_date(_saved(place), texts, place)
    return {}


def open_index(place: Path, k: int) -> tuple[int, Callable[[str], list[str]]]:
    """Load the store; return its number of chunks, and question to the texts of passages."""
    store = _saved(place)
    return store.index.ntotal, lambda question: [
        found.page_content for found in store.similarity_search(question, k=k)
    ]


def _bring_up_to_date(store: Any, texts: Path, place: Path) -> None:
    from langchain_classic.indexes import SQLRecordManager, index

    records = SQLRecordManager("faiss/texts", db_url=f"sqlite:///{place / 'records.sql'}")
    records.create_schema()
    chunks = _chunks(texts)
    index(
        chunks,
        records,
        store,
        # One call embeds all: the default of 100 would take more padding.
        batch_size=max(1, len(chunks)),
        cleanup="incremental",
        source_id_key="source",
        key_encoder="sha256",
    )
    store.save_local(str(place))


def _saved(place: Path) -> Any:
    from langchain_community.vectorstores import FAISS

    return FAISS.load_local(str(place), _embeddings(), allow_dangerous_deserialization=True)


def _chunks(texts: Path) -> list[Any]:
    from langchain_community.document_loaders import DirectoryLoader, TextLoader
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    loader = DirectoryLoader(
        str(texts),
        glob="**/*.txt",
        loader_cls=TextLoader,  # type: ignore[arg-type]
        loader_kwargs={"encoding": "utf-8"},
    )
    splitter = RecursiveCharacterTextSplitter.from_tiktoken_encoder(
        encoding_name="cl100k_base", chunk_size=SIZE, chunk_overlap=0
    )
    return list(splitter.split_documents(loader.load()))


def _embeddings() -> Any:
    # langchain-huggingface has the same class but needs a huggingface-hub below 2.
    from langchain_community.embeddings import HuggingFaceEmbeddings

    return HuggingFaceEmbeddings(
        model_name=model_source("all-MiniLM-L6-v2"), model_kwargs={"device": "cpu"}
    )
