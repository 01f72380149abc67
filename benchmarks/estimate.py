"""Estimate: a mean with half of its 95 % bootstrap interval, and how it is written."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from eval.scores.summary import bootstrap_mean

CONFIDENCE, RESAMPLES, SEED = 0.95, 2000, 7


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and half of its interval."""

    mean: float
    half: float


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean over questions with half of its 95 % interval."""
    interval = bootstrap_mean(values, confidence=CONFIDENCE, resamples=RESAMPLES, seed=SEED)
    if interval is None:
        raise ValueError("there are no questions to take a mean over")
    return Estimate(interval.mean, (interval.high - interval.low) / 2)


def over_sets(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean over sets that count the same; their errors are independent."""
    half = math.sqrt(math.fsum(each.half**2 for each in estimates)) / len(estimates)
    return Estimate(fmean(each.mean for each in estimates), half)


def paired(values: Sequence[float], others: Sequence[float]) -> list[float]:
    """Return the differences, question by question."""
    return [value - other for value, other in zip(values, others, strict=True)]


def value_text(found: Estimate) -> str:
    """Write `.746 ± .025`."""
    return f"{_digits(found.mean)} ± {_digits(found.half)}"


def difference_text(found: Estimate) -> str:
    """Write `+.036 ± .010`, bold where the interval leaves 0 out."""
    text = f"{'+' if found.mean >= 0 else '−'}{_digits(abs(found.mean))} ± {_digits(found.half)}"
    return f"**{text}**" if abs(found.mean) > found.half else text


def _digits(number: float) -> str:
    return f"{number:.3f}".removeprefix("0")
