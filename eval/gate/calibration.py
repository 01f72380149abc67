"""Calibration: how often the gate is wrong, counted on pairs of Versions whose truth is known.

An equal pair is two real Versions whose labels are swapped at random within each Case: what they
put out differs, what they are worth does not. A planted drop is a real Version and a real
regression of it, of which each Case takes the regressed score with the chance that makes the mean
drop as large as is asked. Cases are drawn without putting back, so a set never holds one twice.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    yield from _rates("equal", pair, margins, settings, 0.0, _swapped)


def planted_drop_rates(
    pair: VersionPair,
    margins: Sequence[Mapping[str, float]],
    settings: Settings,
    drop: float | None = None,
) -> Iterator[ErrorRates]:
    """Yield the rates on a regression: as it is, or so diluted that the first metric loses `drop`.

    Nothing is yielded where the regression costs less than `drop`.
    """
    first = next(iter(margins[0]))
    full = -float((pair.candidate[first] - pair.baseline[first]).mean())
    if drop is not None and full < drop:
        return
    chance = 1.0 if drop is None else drop / full

    def taken(generator: np.random.Generator, shape: tuple[int, ...]) -> _Weights:
        return generator.random(shape) < chance

    yield from _rates("planted", pair, margins, settings, full * chance, taken)


_Weights = NDArray[np.int64] | NDArray[np.bool_]
"""What the drawn differences are multiplied by; shape (runs, Cases)."""


def _swapped(generator: np.random.Generator, shape: tuple[int, ...]) -> _Weights:
    return generator.integers(0, 2, shape) * 2 - 1


def _rates(
    kind: Literal["equal", "planted"],
    pair: VersionPair,
    margins: Sequence[Mapping[str, float]],
    settings: Settings,
    drop: float,
    weigh: Callable[[np.random.Generator, tuple[int, ...]], _Weights],
) -> Iterator[ErrorRates]:
    """Draw distinct Cases for each run, and judge their weighed differences."""
    metrics = list(dict.fromkeys(metric for each in margins for metric in each))
    both = {metric: np.stack([pair.candidate[metric], pair.baseline[metric]]) for metric in metrics}
    differences = np.stack([values[0] - values[1] for values in both.values()])
    reaches = {metric: reach_of(values) for metric, values in both.items()}
    there, tail = differences.shape[1], (1.0 - settings.confidence) / 2.0
    if max(settings.sizes) > there:
        raise DataError(
            f"{max(settings.sizes)} distinct Cases cannot be drawn from {there}; "
            f"give sizes of at most {there}"
        )
    for size in settings.sizes:
        generator = np.random.default_rng([settings.seed, size])
        drawn = np.argsort(generator.random((settings.runs, there)), axis=1)[:, :size]
        weighed = differences[:, drawn] * weigh(generator, drawn.shape)
        samples = dict(zip(metrics, weighed, strict=True))
        p_values = {name: p_not_below(values, reaches[name]) for name, values in samples.items()}
        for asked in margins:
            shares = _outcomes(samples, p_values, reaches, asked, tail)
            yield ErrorRates(kind, pair.name, dict(asked), size, drop, *shares)


def _outcomes(
    samples: Mapping[str, NDArray[np.float64]],
    p_values: Mapping[str, NDArray[np.float64]],
    reaches: Mapping[str, float],
    margins: Mapping[str, float],
    tail: float,
) -> Iterator[Share]:
    """Yield the shares of the runs that pass, fail and are inconclusive."""
    reached = [
        not_below(samples[metric], margin, reaches[metric], tail)
        for metric, margin in margins.items()
    ]
    passed = np.stack(reached, axis=1)
    worse = holm(np.stack([p_values[metric] for metric in margins], axis=1), tail)
    failed, passes = (worse & ~passed).any(axis=1), passed.all(axis=1)
    for each in (passes, failed, ~passes & ~failed):
        yield share_of(int(each.sum()), len(passed))


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
