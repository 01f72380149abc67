"""Diversity: a ranking in which no passage says what a better one said already."""

import numpy as np
from numpy.typing import NDArray

from pipeline.ranking import Ranking

_DIGITS = 6


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
    return Ranking(ranking.rows[chosen], ranking.scores[chosen])
