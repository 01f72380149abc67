"""A Verdict as one HTML file that needs nothing else: to read, to send, to print."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.display.answers import Pieces, marked_text, words
from app.display.scorecards import short_id
from app.report.report import CaseChange, FoundPassage, GateReport
from app.report.words import asked, figure, interval, meaning, signed, title
from eval.gate.verdict import Finding
from pipeline.errors import counted

WIDTH = 360.0
HEIGHT = 92.0
_WIDEST_BAR = 12.0
_THINNEST_BAR = 1.5
_PAD = 14.0
_AIR = 0.08
_FOLDER = Path(__file__).parent
_LOST = 50
_WON = 20


def verdict_page(report: GateReport) -> str:
    """Return the page; whatever a Document or an answer says is text in it, never markup."""
    lost = report.lost[:_LOST]
    numbers = {each.id: number for number, each in enumerate(lost, start=1)}
    return (
        _environment()
        .get_template("verdict.html")
        .render(
            report=report,
            style=(_FOLDER / "verdict.css").read_text(encoding="utf-8"),
            groups=_groups(report.findings),
            strips=difference_strips(report),
            width=WIDTH,
            strip_height=HEIGHT,
            lost=lost,
            lost_more=max(0, len(report.lost) - _LOST),
            numbers=numbers,
            won=report.won[:_WON],
            won_more=max(0, len(report.won) - _WON),
            stages=_stages(report),
        )
    )


def _groups(findings: Sequence[Finding]) -> "list[tuple[str, list[Row]]]":
    """Sort the rules as a reader asks: answers first, slices, what they took, floors.

    Margins share a scale, as their metrics lie in 0..1; each guard has a scale of its own.
    """
    margins = [each for each in findings if each.rule == "margin" and each.slice is None]
    slices = [each for each in findings if each.rule == "margin" and each.slice is not None]
    guards = [each for each in findings if each.rule == "guard"]
    shared = interval_plots([*margins, *slices])
    rows: list[Row] = list(zip([*margins, *slices], shared, strict=True))
    groups: list[tuple[str, list[Row]]] = [
        ("Margins", rows[: len(margins)]),
        ("Slices", rows[len(margins) :]),
        ("Guards", [(each, interval_plots([each])[0]) for each in guards]),
        ("Floors", [(each, None) for each in findings if each.rule == "floor"]),
    ]
    return [(name, each) for name, each in groups if each]


def _stages(report: GateReport) -> list[tuple[str, list[tuple[str, int, float]]]]:
    """Return, for each metric, its stages with the Cases lost there and their share of the most.

    The most is what any metric lost, so that the bars of all metrics have one scale.
    """
    lost = report.lost_at
    most = max((sum(each.cases for each in losses) for losses in lost.values()), default=1)
    return [
        (metric, [(each.stage, each.cases, each.cases / most) for each in losses])
        for metric, losses in lost.items()
    ]


def _evidence_pieces(passage: FoundPassage, case: CaseChange) -> Pieces:
    """Cut a passage where it holds what the Case quotes as evidence."""
    quotes = [each.partition("“")[2].removesuffix("”") for each in case.evidence]
    return marked_text(passage.text, [quote for quote in quotes if quote])


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (figure, signed, short_id, title, meaning, asked, words, counted):
        environment.filters[function.__name__] = function
    environment.globals.update(interval=interval, pieces=_evidence_pieces)
    return environment


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
        values = [
            (case.id, each.difference)
            for case in report.changes
            for each in case.changes
            if each.metric == metric and each.difference
        ]
        if values:
            worst_first = sorted(values, key=lambda item: (item[1], item[0]))
            strips.append(_strip(metric, worst_first, max(count, len(values))))
    return strips


def _strip(metric: str, values: Sequence[tuple[str, float]], paired: int) -> DifferenceStrip:
    width = min(_WIDEST_BAR, WIDTH / paired)
    # Too thin a bar cannot be seen or met with the pointer: the empty middle gives way.
    width = max(width, min(_THINNEST_BAR, WIDTH / len(values)))
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


@dataclass(frozen=True, slots=True)
class IntervalPlot:
    """Places along the drawing: no difference, the margin, and what was measured."""

    zero: float
    margin: float
    dot: float | None
    low: float | None
    high: float | None


Row = tuple[Finding, IntervalPlot | None]
"""A rule with its drawing, which a floor has none of."""


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
