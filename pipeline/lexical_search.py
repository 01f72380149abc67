"""Lexical search: the chunks that share most, and the rarest, of the question's words."""

import numpy as np
from numpy.typing import NDArray

from pipeline.lexical_index import LexicalIndex
from pipeline.ranking import Ranking, rank


class LexicalSearch:
    """Searches the lexical index; a score is a sum of BM25 weights. It needs no encoder."""

    def __init__(self, index: LexicalIndex, allowed: NDArray[np.bool_] | None = None) -> None:
        """Take the index of a Version and which of its rows may be found; None means all."""
        self._index = index
        self._allowed = allowed

    def search(self, question: str, depth: int) -> Ranking:
        """Rank at most `depth` rows that share a term with the question."""
        scores = self._index.scores(question)
        shares = scores > 0
        rows = np.flatnonzero(shares if self._allowed is None else shares & self._allowed)
        return rank(rows, scores[rows].astype(np.float64), depth)
