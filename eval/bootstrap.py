"""Interval: how far a mean over Cases may be from the mean over all such Cases."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_CELLS = 1 << 22


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its confidence interval."""

    mean: float
    low: float
    high: float


def bootstrap_mean(
    values: Sequence[float], *, confidence: float, resamples: int, seed: int
) -> Interval | None:
    """Return a mean with its percentile bootstrap interval, None for no values.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13. One value, or
    values that are all equal, give an interval without width. The same input, in the same
    order, gives the same interval.
    """
    if not values:
        return None
    sample = np.asarray(values, dtype=np.float64)
    mean = math.fsum(values) / len(values)
    if (sample == sample[0]).all():
        return Interval(mean, mean, mean)
    generator = np.random.default_rng(seed)
    rows = max(1, _CELLS // len(values))
    means = []
    for done in range(0, resamples, rows):
        drawn = generator.integers(0, len(values), (min(rows, resamples - done), len(values)))
        means.append(sample[drawn].mean(axis=1))
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(np.concatenate(means), [tail, 1.0 - tail])
    return Interval(mean, min(float(low), mean), max(float(high), mean))
