"""Difference strip: each Case's difference on one metric as a bar, those that lost most first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.gate_report.report import CaseChange, GateReport

WIDTH = 360.0
HEIGHT = 92.0
_WIDEST = 12.0
_LEAST = 1.5


@dataclass(frozen=True, slots=True)
class Bar:
    """One Case: a rectangle above the middle where it got better, below where worse."""

    case_id: str
    difference: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class DifferenceStrip:
    """All Cases that were paired on a metric; those that did not change leave the middle empty."""

    metric: str
    bars: tuple[Bar, ...]
    lost: int
    won: int
    same: int
    largest: float
    sum: float

    @property
    def middle(self) -> float:
        """The height of no difference."""
        return HEIGHT / 2


def difference_strips(report: GateReport) -> list[DifferenceStrip]:
    """Draw every metric that gates by a margin and on which a Case differs."""
    paired = {
        each.metric: each.paired
        for each in report.findings
        if each.rule == "margin" and each.slice is None
    }
    strips = []
    for metric, count in paired.items():
        values = sorted(_values(metric, report.changes), key=lambda item: (item[1], item[0]))
        if values:
            strips.append(_strip(metric, values, max(count, len(values))))
    return strips


def _values(metric: str, changes: Iterable[CaseChange]) -> list[tuple[str, float]]:
    return [
        (case.id, each.difference)
        for case in changes
        for each in case.changes
        if each.metric == metric and each.difference
    ]


def _strip(metric: str, values: Sequence[tuple[str, float]], paired: int) -> DifferenceStrip:
    width = min(_WIDEST, WIDTH / paired)
    # Too thin a bar cannot be seen or met with the pointer: the empty middle gives way.
    width = max(width, min(_LEAST, WIDTH / len(values)))
    largest = max(abs(difference) for _, difference in values)
    lost = [each for each in values if each[1] < 0]
    won = values[len(lost) :]
    right = max(width * len(values), min(WIDTH, width * paired)) - width * len(won)
    bars = [_bar(each, at * width, width, largest) for at, each in enumerate(lost)]
    bars += [_bar(each, right + at * width, width, largest) for at, each in enumerate(won)]
    return DifferenceStrip(
        metric=metric,
        bars=tuple(bars),
        lost=len(lost),
        won=len(won),
        same=paired - len(values),
        largest=largest,
        sum=sum(difference for _, difference in values),
    )


def _bar(value: tuple[str, float], x: float, width: float, largest: float) -> Bar:
    case_id, difference = value
    height = max(1.0, abs(difference) / largest * (HEIGHT / 2 - 2))
    y = HEIGHT / 2 - height if difference > 0 else HEIGHT / 2
    gap = 0.4 if width > 2 else 0.0
    return Bar(case_id, difference, *(round(each, 2) for each in (x, y, width - gap, height)))
