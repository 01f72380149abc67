"""Calibration: how often the gate is wrong, counted on pairs of Versions whose truth is known.

An equal pair is two real Versions whose labels are swapped at random within each Case: what they
put out differs, what they are worth does not. A planted drop is a real Version and a real
regression of it, of which each Case takes the regressed score with the chance that makes the mean
drop as large as is asked. Cases are drawn without putting back, so a set never holds one twice.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eval.gate.inference import holm, not_below, p_not_below, reach_of
from pipeline.errors import DataError


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with the interval of the share."""

    count: int
    total: int
    rate: float
    low: float
    high: float


def share_of(count: int, total: int, confidence: float = 0.95) -> Share:
    """Return a share with its score interval (Wilson, 1927).

    Raises:
        ValueError: `total` is not above 0, or `count` lies outside 0..total.
    """
    if not 0 <= count <= total or total == 0:
        raise ValueError(f"{count} of {total} is no share")
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    rate, weight = count / total, z * z / total
    centre = (rate + weight / 2.0) / (1.0 + weight)
    half = z * math.sqrt(rate * (1.0 - rate) / total + weight / (4.0 * total)) / (1.0 + weight)
    low = 0.0 if count == 0 else centre - half
    high = 1.0 if count == total else centre + half
    return Share(count, total, rate, low, high)


Scores = Mapping[str, NDArray[np.float64]]
"""Metric to a share, 0..1 and higher for better, of each Case; shape (Cases,)."""


@dataclass(frozen=True, slots=True)
class VersionPair:
    """The scores of two Versions on the same Cases."""

    name: str
    baseline: Scores
    candidate: Scores


@dataclass(frozen=True, slots=True)
class Settings:
    """What is simulated: sizes in Cases, the gate's confidence, how often, and the seed."""

    sizes: tuple[int, ...] = (25, 50, 100, 200, 400)
    confidence: float = 0.95
    runs: int = 2000
    seed: int = 7


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """How the Verdicts on one pair fell out, with one set of margins and one number of Cases.

    `drop` is the true mean drop of the first metric, 0 of an equal pair. Of an equal pair, `failed`
    are the false blocks; of a drop of at least the margin, `passed` are the misses.
    """

    kind: Literal["equal", "planted"]
    pair: str
    margins: dict[str, float]
    cases: int
    drop: float
    passed: Share
    failed: Share
    inconclusive: Share


def equal_pair_rates(
    pair: VersionPair, margins: Sequence[Mapping[str, float]], settings: Settings
) -> Iterator[ErrorRates]:
    """Yield the rates on a pair that is equal in truth, for each size and set of margins."""
    metrics = _metrics(margins)
    differences, reaches = _differences(pair, metrics)
    for size in _sizes(pair, settings):
        generator = np.random.default_rng([settings.seed, size])
        drawn = _draw(generator, differences.shape[1], size, settings.runs)
        signs = generator.integers(0, 2, drawn.shape) * 2 - 1
        samples = dict(zip(metrics, differences[:, drawn] * signs, strict=True))
        yield from _rates("equal", pair.name, samples, reaches, margins, 0.0, settings)


def planted_drop_rates(
    pair: VersionPair,
    margins: Sequence[Mapping[str, float]],
    settings: Settings,
    drop: float | None = None,
) -> Iterator[ErrorRates]:
    """Yield the rates on a regression: as it is, or so diluted that the first metric loses `drop`.

    Nothing is yielded where the regression costs less than `drop`.
    """
    metrics = _metrics(margins)
    differences, reaches = _differences(pair, metrics)
    full = -float(differences[0].mean())
    if drop is not None and full < drop:
        return
    chance = 1.0 if drop is None else drop / full
    for size in _sizes(pair, settings):
        generator = np.random.default_rng([settings.seed, size])
        drawn = _draw(generator, differences.shape[1], size, settings.runs)
        taken = generator.random(drawn.shape) < chance
        samples = dict(zip(metrics, differences[:, drawn] * taken, strict=True))
        yield from _rates("planted", pair.name, samples, reaches, margins, full * chance, settings)


def _metrics(margins: Sequence[Mapping[str, float]]) -> list[str]:
    """Return every metric that some set of margins names, in order."""
    return list(dict.fromkeys(metric for each in margins for metric in each))


def _differences(
    pair: VersionPair, metrics: Sequence[str]
) -> tuple[NDArray[np.float64], Mapping[str, float]]:
    """Return the differences, shape (metrics, Cases), and how large they can be by metric."""
    both = {metric: np.stack([pair.candidate[metric], pair.baseline[metric]]) for metric in metrics}
    differences = np.stack([values[0] - values[1] for values in both.values()])
    return differences, {metric: reach_of(values) for metric, values in both.items()}


def _sizes(pair: VersionPair, settings: Settings) -> tuple[int, ...]:
    there = min(len(values) for values in pair.baseline.values())
    if max(settings.sizes) > there:
        raise DataError(
            f"{max(settings.sizes)} distinct Cases cannot be drawn from {there}; "
            f"give sizes of at most {there}"
        )
    return settings.sizes


def _draw(generator: np.random.Generator, there: int, size: int, runs: int) -> NDArray[np.intp]:
    """Return distinct Cases for each run; shape (runs, size)."""
    return np.argsort(generator.random((runs, there)), axis=1)[:, :size]


def _rates(
    kind: Literal["equal", "planted"],
    name: str,
    samples: Mapping[str, NDArray[np.float64]],
    reaches: Mapping[str, float],
    margins: Sequence[Mapping[str, float]],
    drop: float,
    settings: Settings,
) -> Iterator[ErrorRates]:
    tail = (1.0 - settings.confidence) / 2.0
    p_values = {metric: p_not_below(values, reaches[metric]) for metric, values in samples.items()}
    cases = next(iter(samples.values())).shape[1]
    for asked in margins:
        passed = np.stack(
            [
                not_below(samples[metric], margin, reaches[metric], tail)
                for metric, margin in asked.items()
            ],
            axis=1,
        )
        worse = holm(np.stack([p_values[metric] for metric in asked], axis=1), tail)
        failed = (worse & ~passed).any(axis=1)
        passes = passed.all(axis=1)
        outcomes = (passes, failed, ~passes & ~failed)
        shares = [share_of(int(each.sum()), settings.runs) for each in outcomes]
        yield ErrorRates(kind, name, dict(asked), cases, drop, *shares)


GOAL = 0.05
"""The drop that must not be missed, and the margin that every table but one is for."""

MARGINS = (0.02, 0.03, 0.05, 0.08, 0.1)
DROPS = (0.05, 0.1)


def study_gate(
    base: Scores,
    equals: Mapping[str, Scores],
    regressions: Mapping[str, Scores],
    settings: Settings,
    together: Mapping[str, float],
) -> Iterator[ErrorRates]:
    """Yield the rates of equal pairs and of planted drops.

    Args:
        base: The scores of the Version that the others are compared with.
        equals: Versions to swap labels with; what they are worth does not matter.
        regressions: Versions that are worse.
        settings: Sizes, confidence, runs and seed.
        together: Margins of several metrics that gate at once; the first is the one of all others.
    """
    first = next(iter(together))
    each = [{first: margin} for margin in MARGINS]
    goal = [{first: GOAL}]
    for name, scores in equals.items():
        pair = VersionPair(name, base, scores)
        yield from equal_pair_rates(pair, [*each, together], settings)
    for name, scores in regressions.items():
        pair = VersionPair(name, base, scores)
        yield from planted_drop_rates(pair, goal, settings)
        for drop in DROPS:
            yield from planted_drop_rates(pair, goal, settings, drop)


def alone(rates: Sequence[ErrorRates], margin: float = GOAL) -> list[ErrorRates]:
    """Return the rates of one metric that gates alone with this margin."""
    return [each for each in rates if list(each.margins.values()) == [margin]]
