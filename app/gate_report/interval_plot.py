"""Interval plot: the difference of one rule with its interval, and the margin that it may use.

Numbers are places in a drawing `WIDTH` wide; better lies to the right, whatever the metric.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.verdict import Finding

WIDTH = 360.0
_PAD = 14.0
_AIR = 0.08


@dataclass(frozen=True, slots=True)
class IntervalPlot:
    """Places along the drawing: no difference, the margin, and what was measured."""

    zero: float
    margin: float
    dot: float | None
    low: float | None
    high: float | None


def interval_plots(findings: Sequence[Finding]) -> list[IntervalPlot]:
    """Draw rules of one unit on one scale, so that they can be compared by eye."""
    values = [0.0, *(-each.limit for each in findings)]
    for each in findings:
        values += [value for value in _oriented(each) if value is not None]
    least, most = min(values), max(values)
    air = _AIR * ((most - least) or 1.0)
    least, most = least - air, most + air
    scale = (WIDTH - 2 * _PAD) / (most - least)

    def place(value: float) -> float:
        return round(_PAD + (value - least) * scale, 1)

    plots = []
    for each in findings:
        dot, low, high = (None if value is None else place(value) for value in _oriented(each))
        plots.append(IntervalPlot(place(0.0), place(-each.limit), dot, low, high))
    return plots


def _oriented(finding: Finding) -> tuple[float | None, float | None, float | None]:
    """Return difference, worst and best of a rule, above 0 where the candidate is better."""
    bounds = (finding.difference, finding.low, finding.high)
    if finding.higher_is_better:
        return bounds
    difference, low, high = (None if value is None else -value for value in bounds)
    return difference, high, low
