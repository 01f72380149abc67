"""Human agreement: how well a metric's scores follow what people said, with intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 2000
_SEED = 7
_TAILS = (0.025, 0.975)

Numbers = NDArray[np.float64]
_Statistic = Callable[[Numbers], Numbers]


@dataclass(frozen=True, slots=True)
class Agreement:
    """A measure of agreement and its 95 % interval, all times 100."""

    value: float
    low: float
    high: float

    @property
    def margin(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2.0


def pearson(
    scores: Sequence[float], labels: Sequence[float], groups: Sequence[str]
) -> Agreement | None:
    """Return Pearson's correlation, None where scores or labels do not differ at all.

    For the interval, whole groups, such as questions, are drawn anew together.
    """
    return _correlation(np.asarray(scores, float), np.asarray(labels, float), groups)


def spearman(
    scores: Sequence[float], labels: Sequence[float], groups: Sequence[str]
) -> Agreement | None:
    """Return Spearman's correlation, None as above; ranks stay those of the whole sample."""
    return _correlation(_ranks(np.asarray(scores)), _ranks(np.asarray(labels)), groups)


def pearson_gain(
    scores: Sequence[float],
    others: Sequence[float],
    labels: Sequence[float],
    groups: Sequence[str],
) -> Agreement | None:
    """Return how much more the scores correlate than the others, on the same draws of groups."""
    wanted = np.asarray(labels, float)
    pair = [_sums(np.asarray(each, float), wanted) for each in (scores, others)]
    if pair[0] is None or pair[1] is None:
        return None

    def difference(sums: Numbers) -> Numbers:
        half = sums.shape[1] // 2
        return _pearson_of_sums(sums[:, :half]) - _pearson_of_sums(sums[:, half:])

    return _bootstrap(np.hstack([pair[0], pair[1]]), groups, difference)


def balanced_accuracy(
    guesses: Sequence[bool], labels: Sequence[bool], groups: Sequence[str]
) -> Agreement:
    """Return the mean of the shares of true and of false labels that were guessed right."""
    guessed, wanted = np.asarray(guesses, bool), np.asarray(labels, bool)
    columns = [wanted & guessed, wanted, ~wanted & ~guessed, ~wanted]
    return _bootstrap(np.stack(columns, axis=1).astype(float), groups, _mean_share)


def best_threshold(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Return the score from which on a guess of true gives the best balanced accuracy.

    It lies halfway between two neighbouring scores; of equally good ones, the lowest is returned.
    """
    values, wanted = np.asarray(scores, float), np.asarray(labels, bool)
    levels = np.unique(values)
    cuts = np.concatenate([[-np.inf], (levels[1:] + levels[:-1]) / 2.0, [np.inf]])
    above = values[None, :] >= cuts[:, None]
    right = above[:, wanted].mean(axis=1) + (~above[:, ~wanted]).mean(axis=1)
    return float(cuts[int(right.argmax())])


def _correlation(first: Numbers, second: Numbers, groups: Sequence[str]) -> Agreement | None:
    sums = _sums(first, second)
    return None if sums is None else _bootstrap(sums, groups, _pearson_of_sums)


def _sums(first: Numbers, second: Numbers) -> Numbers | None:
    """Return what a correlation is made of, a row for each score."""
    if not np.ptp(first) or not np.ptp(second):
        return None
    # Centred and scaled first, so that the sums lose no digits.
    x, y = (first - first.mean()) / first.std(), (second - second.mean()) / second.std()
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)


def _bootstrap(rows: Numbers, groups: Sequence[str], statistic: _Statistic) -> Agreement:
    """Return a statistic of sums of rows, with the percentile interval over drawn groups."""
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.zeros((len(names), rows.shape[1]))
    np.add.at(sums, member, rows)
    generator = np.random.default_rng(_SEED)
    drawn = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), _RESAMPLES)
    estimates = statistic(drawn @ sums)
    low, high = np.nanquantile(estimates, _TAILS) * 100.0
    return Agreement(float(statistic(sums.sum(axis=0)[None])[0]) * 100.0, float(low), float(high))


def _pearson_of_sums(sums: Numbers) -> Numbers:
    count, x, y, xx, yy, xy = sums.T
    spread = np.sqrt(np.maximum((count * xx - x * x) * (count * yy - y * y), 0.0))
    return _quotient(count * xy - x * y, spread)


def _mean_share(sums: Numbers) -> Numbers:
    right, true, wrong, false = sums.T
    return (_quotient(right, true) + _quotient(wrong, false)) / 2.0


def _quotient(part: Numbers, whole: Numbers) -> Numbers:
    """Divide; NaN where a drawn sample holds nothing to divide by."""
    result = np.full_like(part, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def _ranks(values: NDArray[np.float64]) -> Numbers:
    """Return ranks from 1, equal values sharing the mean of theirs."""
    _, member, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[member], dtype=np.float64)
