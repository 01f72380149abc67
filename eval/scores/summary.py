"""Summary: many Scores to one mean with its interval for each metric."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.cases.case import Case
from eval.params import ScoreParams
from eval.scores.case_score import LOWER_IS_BETTER
from eval.scores.scorecard import MetricSummary, Score, Scorecard

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


def summarise(scores: Iterable[Score], params: ScoreParams) -> dict[str, MetricSummary]:
    """Summarise Scores metric by metric, in the order that the metrics first occur."""
    by_metric: dict[str, list[Score]] = {}
    for score in scores:
        by_metric.setdefault(score.metric, []).append(score)
    return {metric: _summary(metric, group, params) for metric, group in by_metric.items()}


def summarise_tags(
    scores: Sequence[Score], cases: Iterable[Case], params: ScoreParams
) -> dict[str, dict[str, MetricSummary]]:
    """Summarise the Scores of the Cases that carry each tag, tags in alphabetical order."""
    carriers: dict[str, set[str]] = {}
    for case in cases:
        for tag in case.tags:
            carriers.setdefault(tag, set()).add(case.id)
    return {
        tag: summarise((score for score in scores if score.case_id in ids), params)
        for tag, ids in sorted(carriers.items())
    }


def flat_metrics(scorecard: Scorecard) -> dict[str, float | int]:
    """Return what `dvc metrics` shows: each mean there is, and how much could not be measured."""
    means: Mapping[str, float] = {
        metric: summary.mean
        for metric, summary in scorecard.metrics.items()
        if summary.mean is not None
    }
    failed = sum(sum(summary.failed.values()) for summary in scorecard.metrics.values())
    return {**means, "failed_scores": failed, "orphans": len(scorecard.cases.orphans)}


def _summary(metric: str, scores: Sequence[Score], params: ScoreParams) -> MetricSummary:
    values = [score.value for score in scores if score.value is not None]
    failures = Counter(score.reason or "no reason" for score in scores if score.status == "failed")
    interval = bootstrap_mean(
        values, confidence=params.confidence, resamples=params.resamples, seed=params.seed
    )
    return MetricSummary(
        mean=interval.mean if interval else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        scored=len(values),
        failed=dict(sorted(failures.items())),
        not_applicable=sum(score.status == "not_applicable" for score in scores),
        higher_is_better=metric not in LOWER_IS_BETTER,
    )
