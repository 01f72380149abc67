"""Lexical retrieval: the chunks that share most, and the rarest, of the question's words."""

import numpy as np

from pipeline.answer import Passage
from pipeline.chunks import ChunkTable
from pipeline.fusion import best_rows
from pipeline.lexical_index import LexicalIndex


class LexicalRetriever:
    """Searches the lexical index; a score is a sum of BM25 weights. It needs no encoder."""

    def __init__(self, index: LexicalIndex, chunks: ChunkTable) -> None:
        """Take the parts of one Version: index row and chunk row are the same number."""
        self._index = index
        self._chunks = chunks

    def retrieve(self, question: str, k: int) -> list[Passage]:
        """Return at most `k` passages that share a word with the question, best first."""
        scores = self._index.scores(question).astype(np.float64)
        rows = [row for row in best_rows(scores, k) if scores[row] > 0]
        return self._chunks.passages(rows, scores[rows].tolist())
