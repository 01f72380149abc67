"""A small corpus that any search can be tried on, with vectors that count words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.chunk import Chunk
from pipeline.chunk_filter import allowed_rows
from pipeline.chunks import ChunkTable, write_chunks
from pipeline.composed_retriever import ComposedRetriever
from pipeline.dense_search import DenseSearch
from pipeline.digest import hash_text
from pipeline.hybrid_search import HybridSearch
from pipeline.lexical_index import LexicalIndex, build_lexical_index
from pipeline.lexical_search import LexicalSearch
from pipeline.params import IndexParams, RetrievalParams
from pipeline.ranking import Search
from pipeline.reranker import Reranker
from pipeline.section import parse_section
from pipeline.vector_index import VectorIndex, build_index
from tests.built_version import SETTINGS
from tests.fakes import BagOfWordsEncoder

MODES = ("dense", "lexical", "hybrid")
QUESTIONS = {
    "empty": "",
    "blank": " ",
    "stop words": "the of and",
    "one character": "x",
    "one Chinese character": "保",
    "Chinese": "保証期間",
    "half a character": "\udce9",
    "10,000 words": "pump " * 10_000,
}


def retrieval_params(**changes: Any) -> RetrievalParams:
    """Return the tests' settings of retrieval, changed."""
    return parse_section(RetrievalParams, "retrieval", {**SETTINGS["retrieval"], **changes})


def text_chunks(texts: Sequence[str], document: str | None = None) -> list[Chunk]:
    """Return a chunk for each text: of Documents of their own, or following in one of a line each.

    The first are called `0.md`, `1.md`, ...
    """
    chunks, start = [], 0
    for row, text in enumerate(texts):
        path = document or f"{row}.md"
        at = start if document else 0
        gap = "\n" if document and row + 1 < len(texts) else ""
        chunks.append(
            Chunk(
                f"c{row}", path, path, at, at + len(text), text, hash_text(text), None, (), gap=gap
            )
        )
        start += len(text) + 1
    return chunks


@dataclass(frozen=True)
class SearchedCorpus:
    """What retrieval needs of a Version."""

    chunks: ChunkTable
    index: VectorIndex
    lexical: LexicalIndex

    def search(self, params: RetrievalParams) -> Search:
        encoder, allowed = BagOfWordsEncoder(), allowed_rows(self.chunks, params)
        if params.mode == "dense":
            return DenseSearch(encoder, self.index, params, allowed).search
        if params.mode == "lexical":
            return LexicalSearch(self.lexical, allowed).search
        return HybridSearch(encoder, self.index, self.lexical, params, allowed).search

    def retriever(self, reranker: Reranker | None = None, **changes: Any) -> ComposedRetriever:
        params = retrieval_params(**changes)
        return ComposedRetriever(self.search(params), self.chunks, self.index, params, reranker)


def searched_corpus(folder: Path, chunks: Sequence[Chunk], **changes: Any) -> SearchedCorpus:
    """Index chunks, with the tests' settings of the index, changed."""
    params = parse_section(IndexParams, "index", {**SETTINGS["index"], **changes})
    write_chunks(folder / "chunks.parquet", chunks)
    texts = [chunk.indexed_text for chunk in chunks]
    vectors = np.zeros((0, BagOfWordsEncoder.dimension), dtype=np.float32)
    return SearchedCorpus(
        ChunkTable.read(folder / "chunks.parquet"),
        build_index(BagOfWordsEncoder().encode(texts) if texts else vectors, params),
        build_lexical_index(texts, params),
    )
