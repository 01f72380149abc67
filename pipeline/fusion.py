"""Fusion: the scores of a dense and a lexical search, by row, to one score.

A side whose scores are all the same says nothing and is left out.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.params import RetrievalParams

Scores = NDArray[np.float64]
"""Shape [chunks]; higher is closer."""

_RANK_OFFSET = 60
_LEAST_AGREEMENT = 0.01
_DIGITS = 6


def fuse(
    dense: Scores, lexical: Scores, params: RetrievalParams, stands_for: Scores | None = None
) -> Scores:
    """Return one score by row: the two sides' mean, weighted as params say.

    `stands_for` says for how many rows of the corpus each one stands, where they are a sample.
    """
    if not _says_something(lexical):
        return _between_0_and_1(dense)
    if not _says_something(dense):
        return _between_0_and_1(lexical)
    if params.fusion == "reciprocal_rank":
        return _reciprocal_rank(dense, lexical, params.weight)
    weight = params.weight
    if params.fusion == "agreement":
        weight = _trusted(weight, dense, lexical, stands_for)
    return weight * _between_0_and_1(dense) + (1 - weight) * _between_0_and_1(lexical)


def _trusted(weight: float, dense: Scores, lexical: Scores, stands_for: Scores | None) -> float:
    """Return the dense side's weight, less where its scores correlate less with the other's.

    An encoder that knows a language or a field scores all chunks in some accord with their words.
    The less it does so for a question, the less it is trusted there.
    """
    spread, common, _, lexical_spread = np.cov(dense, lexical, aweights=stands_for).flat
    told = min(common, spread, lexical_spread) > 0
    correlation = common / spread**0.5 / lexical_spread**0.5 if told else 0.0
    # The last digits of a dot product depend on where its arrays lie in memory.
    trusted: float = weight * max(round(float(correlation), _DIGITS), _LEAST_AGREEMENT) ** 0.5
    return trusted / (trusted + 1 - weight)


def _reciprocal_rank(dense: Scores, lexical: Scores, weight: float) -> Scores:
    """Sum reciprocal ranks (Cormack, Clarke and Büttcher, 2009); what scores 0 has no rank."""
    held = np.where(lexical > 0, 1 / (_RANK_OFFSET + _ranks(lexical)), 0.0)
    fused: Scores = weight / (_RANK_OFFSET + _ranks(dense)) + (1 - weight) * held
    return fused


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
