"""How strongly bounded values speak about their mean: empirical likelihood with a bounded support.

The differences that a gate looks at are mostly zeros with a few large values. A t interval and the
bootstraps are too sure of themselves there: the losses that would widen them are the ones that
were not drawn. So a mean is tested with the likelihood ratio of Owen ("Empirical Likelihood",
2001), where mass may also lie at the worst value possible (Honda and Takemura, 2010; Waudby-Smith
and Ramdas, 2024, take the same quantity as a bet), and where a quarter of a Case with that worst
value counts as seen. docs/gate.md shows by simulation what this holds and what the others do not.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from eval.scores.summary import Interval

PRIOR = 0.25
"""Cases with the worst value that are taken as seen; half a Case is needlessly careful."""

_LEAST_REACH = 1e-9
_STEPS = 24
_BOUND_STEPS = 48
_CELLS = 1 << 22
_NORMAL = NormalDist()

Values = NDArray[np.float64]


def reach_of(values: Values) -> float:
    """Return the largest difference that values such as these allow: from the largest down to 0.

    It is 1 of a share that reaches 1, and less of one that stays small, such as the precision of
    a context that is many times as long as what was looked for.
    """
    return max(float(values.max()), 0.0) - min(float(values.min()), 0.0) or _LEAST_REACH


def log_ratio(values: Values, mean: float, reach: float) -> Values:
    """Return how much likelier the values are than under any truth whose mean is `mean` or less.

    Args:
        values: Samples, a row each; shape (runs, Cases), all within ±reach.
        mean: The mean in question, above -reach.
        reach: The largest absolute value possible.

    Returns:
        The log of the ratio by sample, 0 where its mean is not above `mean`; shape (runs,).
    """
    span = reach + mean
    steps = (values - mean) / span
    low, high = np.zeros(len(values)), np.ones(len(values))
    for _ in range(_STEPS):
        share = (low + high) / 2.0
        slope = (steps / (1.0 + share[:, None] * steps)).sum(axis=1) - PRIOR / (1.0 - share)
        low, high = np.where(slope > 0.0, share, low), np.where(slope > 0.0, high, share)
    gained = np.log1p(low[:, None] * steps).sum(axis=1) + PRIOR * np.log1p(-low)
    return np.where(values.mean(axis=1) > mean, np.maximum(gained, 0.0), 0.0)


def needed_log_ratio(tail: float, cases: int) -> float:
    """Return the log ratio that a one-sided test at level `tail` asks for.

    Half the square of Student's t, which is infinite where so few Cases can show nothing.
    """
    z = _NORMAL.inv_cdf(1.0 - tail)
    freedom = max(cases - 1, 1)
    # Solved for t from the normal approximation of Abramowitz and Stegun, 26.7.8.
    room = (1.0 - 0.25 / freedom) ** 2 - z * z / (2.0 * freedom)
    return z * z / room / 2.0 if room > 0.0 else math.inf


def p_not_below(values: Values, reach: float) -> Values:
    """Return the p-value of "the mean is not below 0" by sample, shape (runs,); small is worse."""
    above, below = _p_not_above(values, reach), _p_not_above(-values, reach)
    return np.where(values.mean(axis=1) > 0.0, 1.0 - above, below)


def _p_not_above(values: Values, reach: float) -> Values:
    freedom = max(values.shape[1] - 1, 1)
    ratios = log_ratio(values, 0.0, reach)
    z = (1.0 - 0.25 / freedom) * np.sqrt(2.0 * ratios / (1.0 + ratios / freedom))
    return np.array([_NORMAL.cdf(-each) for each in z])


def not_below(values: Values, margin: float, reach: float, tail: float) -> NDArray[np.bool_]:
    """Say by sample whether the mean is shown, at level `tail`, not to be below -margin.

    Values that are all 0 pass, whatever the margin and however few: nothing has changed.
    """
    identical = ~values.any(axis=1)
    if margin >= reach:
        return np.ones(len(values), dtype=np.bool_)
    shown = log_ratio(values, -margin, reach) >= needed_log_ratio(tail, values.shape[1])
    return np.asarray(identical | shown, dtype=np.bool_)


def mean_interval(values: Values, reach: float, tail: float) -> Interval:
    """Return the mean of one sample, shape (Cases,), with its bounds at level `tail` each."""
    ordered = np.sort(values)
    mean = math.fsum(values) / len(values)
    low = _lower(ordered, reach, tail)
    high = -_lower(np.sort(-ordered), reach, tail)
    return Interval(mean, min(low, mean), max(high, mean))


def _lower(values: Values, reach: float, tail: float) -> float:
    """Return the lowest mean that the values do not speak against."""
    asked = needed_log_ratio(tail, len(values))
    sample = values[None, :]
    low, high = -reach, float(values.mean())
    for _ in range(_BOUND_STEPS):
        middle = (low + high) / 2.0
        if middle <= -reach or log_ratio(sample, middle, reach)[0] >= asked:
            low = middle
        else:
            high = middle
    return low


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


def holm(p_values: NDArray[np.float64], level: float) -> NDArray[np.bool_]:
    """Say which hypotheses to reject, so that one true one falls with probability `level` at most.

    Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.

    Args:
        p_values: A row for each family of tests; shape (runs, tests).
        level: The level that holds for the whole family.
    """
    tests = p_values.shape[1]
    order = np.argsort(p_values, axis=1, kind="stable")
    ascending = np.take_along_axis(p_values, order, axis=1)
    met = ascending <= level / (tests - np.arange(tests))
    rejected = np.zeros(met.shape, dtype=np.bool_)
    np.put_along_axis(rejected, order, np.logical_and.accumulate(met, axis=1), axis=1)
    return rejected
