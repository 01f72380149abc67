"""A Verdict as one HTML file that needs nothing else: to read, to send, to print."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.gate_report.difference_strip import HEIGHT, difference_strips
from app.gate_report.difference_strip import WIDTH as STRIP_WIDTH
from app.gate_report.figure import counted, figure, interval, short_id, signed
from app.gate_report.headline import meaning, title
from app.gate_report.interval_plot import WIDTH as PLOT_WIDTH
from app.gate_report.interval_plot import IntervalPlot, interval_plots
from app.gate_report.report import CaseChange, FoundPassage, GateReport
from app.gate_report.verdict_table import asked
from app.marked_text import Pieces, marked_text
from app.metric_name import words
from eval.verdict import Finding

_FOLDER = Path(__file__).parent
_LOST = 50
_WON = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A rule with its drawing, which a floor has none of."""

    finding: Finding
    plot: IntervalPlot | None


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
            strip_width=STRIP_WIDTH,
            strip_height=HEIGHT,
            plot_width=PLOT_WIDTH,
            lost=lost,
            lost_more=max(0, len(report.lost) - _LOST),
            numbers=numbers,
            won=report.won[:_WON],
            won_more=max(0, len(report.won) - _WON),
            stages=_stages(report),
        )
    )


def _groups(findings: Sequence[Finding]) -> list[tuple[str, list[Row]]]:
    """Sort the rules as a reader asks: answers first, slices, what they took, floors.

    Margins share a scale, as their metrics lie in 0..1; each guard has a scale of its own.
    """
    margins = [each for each in findings if each.rule == "margin" and each.slice is None]
    slices = [each for each in findings if each.rule == "margin" and each.slice is not None]
    guards = [each for each in findings if each.rule == "guard"]
    shared = interval_plots([*margins, *slices])
    rows = [Row(each, plot) for each, plot in zip([*margins, *slices], shared, strict=True)]
    floors = [Row(each, None) for each in findings if each.rule == "floor"]
    groups = [
        ("Margins", rows[: len(margins)]),
        ("Slices", rows[len(margins) :]),
        ("Guards", [Row(each, interval_plots([each])[0]) for each in guards]),
        ("Floors", floors),
    ]
    return [(name, each) for name, each in groups if each]


def _stages(report: GateReport) -> list[tuple[str, list[tuple[str, int, float]]]]:
    """Return, for each metric, its stages with the Cases lost there and their share of the most.

    The most is what any metric lost, so that the bars of all metrics have one scale.
    """
    by_metric: dict[str, list[tuple[str, int]]] = {}
    for each in report.blame:
        if each.cases:
            by_metric.setdefault(each.metric, []).append((each.stage, each.cases))
    most = max((sum(count for _, count in rows) for rows in by_metric.values()), default=1)
    return [
        (metric, [(stage, count, count / most) for stage, count in rows])
        for metric, rows in by_metric.items()
    ]


def evidence_pieces(passage: FoundPassage, case: CaseChange) -> Pieces:
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
    environment.globals.update(interval=interval, pieces=evidence_pieces)
    return environment
