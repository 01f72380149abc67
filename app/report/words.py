"""The words of a GateReport that the terminal, Markdown, JUnit and the page have in common."""

from collections.abc import Sequence

from app.report.report import GateReport
from eval.gate.verdict import Finding, Verdict
from pipeline.errors import counted

_DASH = "–"
_NAMED = 3
_IDS = 5


def headline(verdict: Verdict) -> str:
    """Say in one sentence what came out, naming at most three of the rules behind it."""
    count = len(verdict.findings)
    if verdict.outcome == "pass":
        if verdict.baseline is None:
            return f"{_holds(count, 'floor')}; there was nothing to compare with."
        return f"Shown to be no worse than allowed: {_holds(count, 'rule').lower()}."
    behind = [each for each in verdict.findings if each.outcome == verdict.outcome]
    if not behind:
        return "No rule was asked for, so nothing was shown."
    named = "; ".join(_brief(each) for each in behind[:_NAMED])
    more = f"; and {len(behind) - _NAMED} more" if len(behind) > _NAMED else ""
    said = "not met" if verdict.outcome == "fail" else "not decided"
    return f"{len(behind)} of {counted(count, 'rule')} {said}: {named}{more}."


def _brief(finding: Finding) -> str:
    if finding.rule == "floor" and finding.candidate is not None:
        return f"{title(finding)} is {figure(finding.candidate)}"
    if finding.baseline is None or finding.candidate is None:
        return f"{title(finding)} could not be measured"
    change = f"{figure(finding.baseline)} to {figure(finding.candidate)}"
    return f"{title(finding)}, {change}"


def _holds(count: int, noun: str) -> str:
    return f"The one {noun} holds" if count == 1 else f"All {count} {noun}s hold"


def scored_again(report: GateReport) -> list[str]:
    """Say why a side was scored again, where it was."""
    sides = (("candidate", report.candidate), ("baseline", report.baseline))
    return [
        f"{name}: {each.scored}" for name, each in sides if each and each.scored != "as recorded"
    ]


def background(report: GateReport) -> list[str]:
    """Say what was not paired, what changed in the index, and which stage lost what."""
    lines = []
    if report.baseline is not None:
        same = report.case_set.count - len(report.changes)
        lines.append(
            f"{counted(report.case_set.count, 'Case')}: {len(report.lost)} got worse, "
            f"{len(report.won)} better, {same} did not change"
        )
    if (change := report.index) is not None:
        stages = ", ".join(change.stages) or "none"
        lines.append(
            f"stages that differ: {stages}; {counted(change.kept, 'chunk')} kept, {change.added} "
            f"added, {change.removed} removed; {change.can_change} of "
            f"{counted(change.cases, 'Case')} can have changed"
        )
    for metric, losses in report.lost_at.items():
        stages = ", ".join(f"{each.stage} ({counted(each.cases, 'Case')})" for each in losses)
        lines.append(f"{metric} was lost at {stages}")
    for gap in report.unscored:
        without = f"{counted(len(gap.cases), 'Case')} without a score"
        lines.append(f"{gap.metric}: {without} ({gap.side}: {gap.reason}): {_some(gap.cases)}")
    if orphans := report.case_set.orphans:
        missing = counted(len(orphans), "quote")
        lines.append(f"{missing} not found in the Documents: {_some(orphans)}")
    return lines


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_IDS]) + (" …" if len(names) > _IDS else "")


def title(finding: Finding) -> str:
    """Name what a Finding is about: the metric, and the tag where it is of a slice."""
    return finding.metric + (f" [{finding.slice}]" if finding.slice else "")


def meaning(finding: Finding) -> str:
    """Say what a Finding that did not pass means, beside the numbers that stand with it."""
    if finding.rule == "floor" or finding.difference is None:
        return finding.reason
    over = counted(finding.paired, "Case")
    if finding.outcome == "fail":
        return f"Shown to be worse, on {over}."
    if finding.outcome == "pass":
        return f"Shown to be at most {figure(finding.limit)} worse, on {over}."
    said = f"{over} leave open whether it is worse by more than {figure(finding.limit)}."
    if finding.needed is not None:
        said += f" About {finding.needed:,} would decide."
    if finding.detectable is not None:
        shown = figure(finding.detectable)
        said += f" The smallest difference that these could have shown is about {shown}."
    return said


def asked(each: Finding) -> str:
    """Say what a rule asks: `at least 0.500`, or `at most 0.020 worse`."""
    if each.rule == "floor":
        return f"{'at least' if each.higher_is_better else 'at most'} {figure(each.limit)}"
    return f"at most {figure(each.limit)} worse"


def figure(value: float | None) -> str:
    """Write a number with what matters of it: `0.714`, `58.1`, `412`, `0.00042`."""
    if value is None:
        return _DASH
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 0.001 or size < 1e-12:
        return f"{value:.3f}" if size >= 1e-12 else "0.000"
    return f"{value:.2g}"


def signed(value: float | None) -> str:
    """Write a difference with its sign: `+0.021`, `-0.140`, `0.000`."""
    if value is None:
        return _DASH
    text = figure(value)
    return f"+{text}" if value > 0 and text.strip("0.,") else text


def interval(low: float | None, high: float | None) -> str:
    """Write an interval: `-0.140 to +0.012`, or nothing where there is none."""
    return "" if low is None or high is None else f"{signed(low)} to {signed(high)}"
