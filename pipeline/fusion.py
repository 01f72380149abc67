"""Fusion: the scores of a dense and a lexical search, by row, to one score.

A side whose scores are all the same says nothing and is left out.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.params import RetrievalParams

Scores = NDArray[np.float64]
"""Shape [chunks]; higher is closer."""

_RANK_OFFSET = 60
_LEAST_AGREEMENT = 0.01
_DIGITS = 6


def fuse(dense: Scores, lexical: Scores, params: RetrievalParams) -> Scores:
    """Return one score by row: the two sides' mean, weighted as params say."""
    if not _says_something(lexical):
        return _between_0_and_1(dense)
    if not _says_something(dense):
        return _between_0_and_1(lexical)
    return _FUSIONS[params.fusion](dense, lexical, params.weight)


def best_rows(scores: Scores, k: int) -> list[int]:
    """Return at most `k` rows, best first; ties by row number."""
    rows: list[int] = np.argsort(-scores, kind="stable")[:k].tolist()
    return rows


def _min_max(dense: Scores, lexical: Scores, weight: float) -> Scores:
    return weight * _between_0_and_1(dense) + (1 - weight) * _between_0_and_1(lexical)


def _agreement(dense: Scores, lexical: Scores, weight: float) -> Scores:
    """Mix as `min_max`, the dense side's part times the root of its correlation with the other.

    An encoder that knows a language or a field scores all chunks in some accord with their words.
    The less it does so for a question, the less it is trusted there.
    """
    # The last digits of a dot product depend on where its arrays lie in memory.
    correlation = round(float(np.corrcoef(dense, lexical)[0, 1]), _DIGITS)
    trusted = weight * max(correlation, _LEAST_AGREEMENT) ** 0.5
    return _min_max(dense, lexical, trusted / (trusted + 1 - weight))


def _reciprocal_rank(dense: Scores, lexical: Scores, weight: float) -> Scores:
    """Sum reciprocal ranks (Cormack, Clarke and Büttcher, 2009); what scores 0 has no rank."""
    held = np.where(lexical > 0, 1 / (_RANK_OFFSET + _ranks(lexical)), 0.0)
    fused: Scores = weight / (_RANK_OFFSET + _ranks(dense)) + (1 - weight) * held
    return fused


_FUSIONS: dict[str, Callable[[Scores, Scores, float], Scores]] = {
    "agreement": _agreement,
    "min_max": _min_max,
    "reciprocal_rank": _reciprocal_rank,
}


def _says_something(scores: Scores) -> bool:
    return bool(len(scores)) and bool(scores.max() > scores.min())


def _between_0_and_1(scores: Scores) -> Scores:
    if not _says_something(scores):
        return np.zeros(len(scores))
    lowest = scores.min()
    spread: Scores = (scores - lowest) / (scores.max() - lowest)
    return spread


def _ranks(scores: Scores) -> Scores:
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return ranks
