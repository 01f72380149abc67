"""Hybrid search: by meaning and by words at once."""

import numpy as np
from numpy.typing import NDArray

from pipeline.encoder import Encoder
from pipeline.fusion import fuse
from pipeline.lexical_index import LexicalIndex
from pipeline.params import RetrievalParams
from pipeline.ranking import Ranking, rank
from pipeline.vector_index import VectorIndex

_SAMPLE = 2048
"""Rows, evenly spaced, that stand for the corpus where not every vector is compared."""


class HybridSearch:
    """Scores rows on both sides; a fused score compares chunks of one question only.

    With an exact index all rows are fused. With an inexact one it is a pool of them: the best
    candidates of either side, which are ranked, and a sample, which shows how the corpus scores.
    """

    def __init__(
        self,
        encoder: Encoder,
        vectors: VectorIndex,
        lexical: LexicalIndex,
        params: RetrievalParams,
        allowed: NDArray[np.bool_] | None = None,
    ) -> None:
        """Take the parts of one Version and which of its rows may be found; None means all."""
        self._encoder = encoder
        self._vectors = vectors
        self._lexical = lexical
        self._params = params
        self._allowed = allowed
        self._rows = np.arange(len(vectors)) if allowed is None else np.flatnonzero(allowed)
        places = np.linspace(0, len(self._rows), min(_SAMPLE, len(self._rows)), endpoint=False)
        self._sample = self._rows[places.astype(np.int64)]

    def search(self, question: str, depth: int) -> Ranking:
        """Rank at most `depth` rows; with an inexact index no more than both sides' candidates."""
        [query] = self._encoder.encode([question])
        lexical = self._lexical.scores(question).astype(np.float64)
        if not self._vectors.exact:
            return self._search_pool(query, lexical, depth)
        dense = self._vectors.scores(query).astype(np.float64)
        scores = fuse(dense[self._rows], lexical[self._rows], self._params)
        return rank(self._rows, scores, depth)

    def _search_pool(
        self, query: NDArray[np.float32], lexical: NDArray[np.float64], depth: int
    ) -> Ranking:
        count = self._params.candidates
        close, _ = self._vectors.search(query, count, self._allowed)
        worded = self._rows[lexical[self._rows] > 0]
        found = np.union1d(
            np.array(close, dtype=np.int64), rank(worded, lexical[worded], count).rows
        )
        pool = np.union1d(found, self._sample)
        ranked = np.isin(pool, found)
        # A row that was found stands for itself, a sampled one for all that it was drawn from.
        others = max(len(pool) - len(found), 1)
        stands_for = np.where(ranked, 1.0, (len(self._rows) - len(found)) / others)
        dense = self._vectors.scores(query, pool).astype(np.float64)
        scores = fuse(dense, lexical[pool], self._params, stands_for)
        return rank(found, scores[ranked], depth)
