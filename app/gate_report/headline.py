"""Headline: a Verdict in one sentence, a Finding in one, and the exit code that goes with it."""

from app.gate_report.figure import counted, figure
from eval.verdict import Finding, Outcome, Verdict

EXIT_CODES: dict[Outcome, int] = {"pass": 0, "fail": 1, "inconclusive": 3}
COULD_NOT_JUDGE = 2
_NAMED = 3


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
    limit = figure(finding.limit)
    return f"{over} leave open whether it is worse by more than {limit}.{_more(finding)}"


def _more(finding: Finding) -> str:
    """Say what these Cases could have shown, and how many would decide."""
    said = ""
    if finding.needed is not None:
        said += f" About {finding.needed:,} would decide."
    if finding.detectable is not None:
        shown = figure(finding.detectable)
        said += f" The smallest difference that these could have shown is about {shown}."
    return said


def _brief(finding: Finding) -> str:
    if finding.rule == "floor" and finding.candidate is not None:
        return f"{title(finding)} is {figure(finding.candidate)}"
    if finding.baseline is None or finding.candidate is None:
        return f"{title(finding)} could not be measured"
    change = f"{figure(finding.baseline)} to {figure(finding.candidate)}"
    return f"{title(finding)}, {change}"


def _holds(count: int, noun: str) -> str:
    return f"The one {noun} holds" if count == 1 else f"All {count} {noun}s hold"
