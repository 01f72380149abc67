"""Dense search: the chunks whose vectors are closest to the question's."""

import numpy as np
from numpy.typing import NDArray

from pipeline.encoder import Encoder
from pipeline.params import RetrievalParams
from pipeline.ranking import Ranking
from pipeline.vector_index import VectorIndex


class DenseSearch:
    """Encodes the question and searches the vector index; a score is a cosine."""

    def __init__(
        self,
        encoder: Encoder,
        index: VectorIndex,
        params: RetrievalParams,
        allowed: NDArray[np.bool_] | None = None,
    ) -> None:
        """Take the parts of one Version and which of its rows may be found; None means all."""
        self._encoder = encoder
        self._index = index
        self._candidates = params.candidates
        self._allowed = allowed

    def search(self, question: str, depth: int) -> Ranking:
        """Rank at most `depth` rows; an inexact index finds no more than the candidates."""
        [query] = self._encoder.encode([question])
        # How many it is asked for decides what an inexact index looks at.
        asked = depth if self._index.exact else self._candidates
        rows, scores = self._index.search(query, asked, self._allowed)
        found = Ranking(np.array(rows, dtype=np.int64), np.array(scores, dtype=np.float64))
        return found.first(depth)
