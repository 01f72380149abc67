"""The gate's error rates on real Versions: equal pairs, regressions as they are, and diluted."""

from collections.abc import Iterator, Mapping, Sequence

from eval.calibration import (
    ErrorRates,
    Scores,
    Settings,
    VersionPair,
    equal_pair_rates,
    planted_drop_rates,
)

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
