"""Composed retrieval: search, rerank, threshold, diversity, and the passages of what remains."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.answer import Passage
from pipeline.chunking.chunk import ChunkTable
from pipeline.encoders.reranker import Reranker
from pipeline.params import RetrievalParams
from pipeline.retrieval.passages import PassageRuns, make_passages
from pipeline.retrieval.ranking import Ranking, Search, rank
from pipeline.retrieval.vector_index import VectorIndex

_DIGITS = 6


@dataclass(eq=False)
class ComposedRetriever:
    """Retrieves in steps, each of which the params can leave out.

    The best `candidates` of the search are reranked and diversified, never more for a greater `k`,
    so that a longer list begins as a shorter one does. What the search ranked after them follows.
    """

    search: Search
    chunks: ChunkTable
    index: VectorIndex
    params: RetrievalParams
    reranker: Reranker | None = None

    def __post_init__(self) -> None:
        self._runs = PassageRuns(self.chunks, self.params.neighbours)

    def retrieve(self, question: str, k: int) -> list[Passage]:
        """Return at most `k` passages, best first, ranks counting from 1."""
        ranking = self._ranking(question, self._runs.depth(k))
        found = self._runs.of(ranking.rows.tolist(), k)
        score_of = dict(zip(ranking.rows.tolist(), ranking.scores.tolist(), strict=True))
        return make_passages(self.chunks, found, [score_of[row] for row, _ in found])

    def _ranking(self, question: str, depth: int) -> Ranking:
        params = self.params
        if self.reranker is None and not params.diversity:
            return self.search(question, depth).above(params.threshold)
        found = self.search(question, max(depth, params.candidates))
        best, rest = found[: params.candidates], found[params.candidates :]
        if self.reranker is not None:
            rows = np.sort(best.rows)
            texts = self.chunks.indexed_texts(rows.tolist())
            best = rank(rows, self.reranker.rerank(question, texts), len(rows))
            if params.threshold is not None:
                # Its unit is the reranker's now, which did not score the rest.
                rest = rest[:0]
        best, rest = best.above(params.threshold), rest.above(params.threshold)
        if params.diversity:
            best = diversified(best, self.index.vectors(best.rows), params.diversity)
        return best.then(rest)


def diversified(ranking: Ranking, vectors: NDArray[np.float32], diversity: float) -> Ranking:
    """Order a ranking anew by maximal marginal relevance (Carbonell and Goldstein, 1998).

    `vectors`, shape [rows, dimension], are of the ranking's rows in its order. Next comes the row
    of the greatest `(1 - diversity) * relevance - diversity * likeness`: relevance is its score
    between the ranking's least, 0, and greatest, 1; likeness the greatest inner product with a
    row that was chosen before. Rows keep their scores; ties go to the better ranked.
    """
    if len(ranking) < 2:
        return ranking
    least, most = ranking.scores.min(), ranking.scores.max()
    relevance = (1 - diversity) * (ranking.scores - least) / max(most - least, np.finfo(float).tiny)
    # Through BLAS, threads that wait for each other take longer than so small a product.
    products = np.einsum("ij,kj->ik", vectors, vectors)
    # The last digits of a dot product depend on where its arrays lie in memory.
    likeness = diversity * np.round(products.astype(np.float64), _DIGITS)
    chosen = [0]
    worst = likeness[0].copy()
    relevance[0] = -np.inf
    while len(chosen) < len(ranking):
        best = int(np.argmax(relevance - worst))
        chosen.append(best)
        relevance[best] = -np.inf
        np.maximum(worst, likeness[best], out=worst)
    return ranking[chosen]
