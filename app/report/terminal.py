"""A Verdict in the terminal: the rules as a table, what is behind them, and the outcome."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.display.scorecards import short_id
from app.report.report import CaseChange, GateReport
from app.report.words import background, figure, meaning, scored_again, signed, title
from eval.gate.verdict import Finding, Outcome

_COLOURS: dict[Outcome, str] = {"pass": "green", "fail": "red", "inconclusive": "yellow"}
_MARKS: dict[Outcome, str] = {"pass": "ok", "fail": "not met", "inconclusive": "undecided"}
_WORST = 5


def verdict_text(report: GateReport) -> RenderableType:
    """Return what `winnow gate` prints; the outcome is the last line."""
    parts: list[RenderableType] = [Text(_sides(report))]
    parts += [Text(line, style="dim") for line in scored_again(report)]
    if report.findings:
        parts.append(_rules(report))
    parts += [
        Text(f"{title(each)}: {meaning(each)}", style=_COLOURS[each.outcome])
        for each in report.findings
        if each.outcome != "pass"
    ]
    parts += [Text(line) for line in background(report)]
    if report.lost:
        parts.append(_worst(report.lost))
    parts += [Text(note) for note in report.notes]
    parts.append(Text(report.headline))
    parts.append(Text(report.outcome.upper(), style=f"bold {_COLOURS[report.outcome]}"))
    return Group(*parts)


def _sides(report: GateReport) -> str:
    line = f"candidate {short_id(report.candidate.version)}"
    if report.baseline is None:
        return line
    named = f" ({report.asked_by})" if report.asked_by else ""
    return f"{line} against {short_id(report.baseline.version)}{named}"


def _rules(report: GateReport) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("metric", overflow="fold")
    compared = report.baseline is not None
    columns = ("before", "after", "change", "between") if compared else ("candidate",)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("allowed", justify="right", no_wrap=True)
    for each in report.findings:
        table.add_row(*_row(each, compared))
    return table


def _row(each: Finding, compared: bool) -> Iterator[RenderableType]:
    yield Text(_MARKS[each.outcome], style=_COLOURS[each.outcome])
    yield escape(title(each) + ("" if each.higher_is_better else " ↓"))
    if compared:
        yield figure(each.baseline)
    yield figure(each.candidate)
    if compared:
        yield signed(each.difference)
        bounds = each.low is not None and each.high is not None
        yield f"{signed(each.low)}..{signed(each.high)}" if bounds else ""
    yield _allowed(each)


def _allowed(each: Finding) -> str:
    if each.rule == "floor":
        return f"{'≥' if each.higher_is_better else '≤'} {figure(each.limit)}"
    return signed(-each.limit if each.higher_is_better else each.limit)


def _worst(lost: tuple[CaseChange, ...]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    for each in lost[:_WORST]:
        stage = f"  {each.stage}" if each.stage else ""
        table.add_row(signed(each.difference), _plain(each.id + stage), _plain(each.question))
    return table


def _plain(text: str) -> Text:
    """Return a text of the Cases without what would steer the terminal."""
    return Text("".join(letter if letter.isprintable() else " " for letter in text))
