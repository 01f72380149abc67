"""The difference of a quantile, such as latency's 95th percentile, between two paired samples."""

import numpy as np
from numpy.typing import NDArray

from eval.bootstrap import Interval

_CELLS = 1 << 22


def quantile_gap(
    pairs: NDArray[np.float64], share: float, *, tail: float, resamples: int, seed: int
) -> tuple[Interval, float]:
    """Return the first column's quantile less the second's, and the p-value of "not below 0".

    A percentile bootstrap over Cases (Efron and Tibshirani, 1993, chapter 13); p is the share of
    the resamples in which the first is no lower, never 0.

    Args:
        pairs: Two values by Case; shape (Cases, 2).
        share: Which quantile, 0..1.
        tail: Level of either bound.
        resamples: How often to draw.
        seed: Of the draws.
    """
    values = np.quantile(pairs, share, axis=0)
    gap = float(values[0] - values[1])
    if (pairs[:, 0] == pairs[:, 1]).all():
        return Interval(0.0, 0.0, 0.0), 0.5
    generator = np.random.default_rng(seed)
    rows = max(1, _CELLS // len(pairs))
    gaps = []
    for done in range(0, resamples, rows):
        drawn = generator.integers(0, len(pairs), (min(rows, resamples - done), len(pairs)))
        found = np.quantile(pairs[drawn], share, axis=1)
        gaps.append(found[:, 0] - found[:, 1])
    every = np.concatenate(gaps)
    low, high = np.quantile(every, [tail, 1.0 - tail])
    p_worse = float((np.count_nonzero(every >= 0.0) + 1) / (resamples + 1))
    return Interval(gap, min(float(low), gap), max(float(high), gap)), p_worse
