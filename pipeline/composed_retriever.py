"""Composed retrieval: search, rerank, threshold, diversity, and the passages of what remains."""

import numpy as np

from pipeline.answer import Passage
from pipeline.chunks import ChunkTable
from pipeline.diversity import diversified
from pipeline.params import RetrievalParams
from pipeline.passage_run import PassageRuns
from pipeline.passages import make_passages
from pipeline.ranking import Ranking, Search, rank
from pipeline.reranker import Reranker
from pipeline.vector_index import VectorIndex


class ComposedRetriever:
    """Retrieves in steps, each of which the params can leave out.

    The best `candidates` of the search are reranked and diversified, never more for a greater `k`,
    so that a longer list begins as a shorter one does. What the search ranked after them follows.
    """

    def __init__(
        self,
        search: Search,
        chunks: ChunkTable,
        index: VectorIndex,
        params: RetrievalParams,
        reranker: Reranker | None = None,
    ) -> None:
        """Take a search over one Version and the Version's parts; rows are the same numbers."""
        self._search = search
        self._chunks = chunks
        self._index = index
        self._params = params
        self._reranker = reranker
        self._runs = PassageRuns(chunks, params.neighbours)

    def retrieve(self, question: str, k: int) -> list[Passage]:
        """Return at most `k` passages, best first, ranks counting from 1."""
        ranking = self._ranking(question, self._runs.depth(k))
        found = self._runs.of(ranking.rows.tolist(), k)
        score_of = dict(zip(ranking.rows.tolist(), ranking.scores.tolist(), strict=True))
        return make_passages(self._chunks, found, [score_of[row] for row, _ in found])

    def _ranking(self, question: str, depth: int) -> Ranking:
        params = self._params
        if self._reranker is None and not params.diversity:
            return self._search(question, depth).above(params.threshold)
        found = self._search(question, max(depth, params.candidates))
        best, rest = found.first(params.candidates), found.after(params.candidates)
        if self._reranker is not None:
            best = self._reranked(self._reranker, question, best)
            if params.threshold is not None:
                # Its unit is the reranker's now, which did not score the rest.
                rest = rest.first(0)
        best, rest = best.above(params.threshold), rest.above(params.threshold)
        if params.diversity:
            best = diversified(best, self._index.vectors(best.rows), params.diversity)
        return best.then(rest)

    def _reranked(self, reranker: Reranker, question: str, ranking: Ranking) -> Ranking:
        rows = np.sort(ranking.rows)
        scores = reranker.rerank(question, self._chunks.indexed_texts(rows.tolist()))
        return rank(rows, scores, len(rows))
