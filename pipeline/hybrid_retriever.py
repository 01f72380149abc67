"""Hybrid retrieval: by meaning and by words at once."""

import numpy as np

from pipeline.answer import Passage
from pipeline.chunks import ChunkTable
from pipeline.encoder import Encoder
from pipeline.fusion import best_rows, fuse
from pipeline.lexical_index import LexicalIndex
from pipeline.params import RetrievalParams
from pipeline.vector_index import VectorIndex


class HybridRetriever:
    """Scores every chunk on both sides; a fused score compares chunks of one question only."""

    def __init__(
        self,
        encoder: Encoder,
        vectors: VectorIndex,
        lexical: LexicalIndex,
        chunks: ChunkTable,
        params: RetrievalParams,
    ) -> None:
        """Take the parts of one Version: the rows of indexes and chunks are the same numbers."""
        self._encoder = encoder
        self._vectors = vectors
        self._lexical = lexical
        self._chunks = chunks
        self._params = params

    def retrieve(self, question: str, k: int) -> list[Passage]:
        """Return at most `k` passages, best first, ranks counting from 1."""
        [query] = self._encoder.encode([question])
        dense = self._vectors.scores(query).astype(np.float64)
        lexical = self._lexical.scores(question).astype(np.float64)
        scores = fuse(dense, lexical, self._params)
        rows = best_rows(scores, k)
        return self._chunks.passages(rows, scores[rows].tolist())
