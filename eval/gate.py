"""Gate: a candidate's Scorecard against floors and against the champion's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from eval.params import GateParams
from eval.scorecard import MetricSummary, Scorecard, measures

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule on one metric.

    `limit` is, for a floor, the mean to reach; for a difference, how far the mean may be worse
    than the champion's. `difference` is candidate minus champion. `reason` says in words what
    was compared or why it could not be; a metric that could not be compared did not pass.
    """

    metric: str
    rule: Literal["floor", "difference"]
    passed: bool
    limit: float
    candidate: float | None
    champion: float | None
    difference: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Pass, fail or inconclusive, and why.

    Inconclusive means that the two Scorecards cannot be compared; `notes` then say what to do.
    Only `pass` lets a candidate be promoted.
    """

    outcome: Literal["pass", "fail", "inconclusive"]
    candidate: str
    champion: str | None
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


def judge_candidate(
    candidate: Scorecard, champion: Scorecard | None, params: GateParams
) -> Verdict:
    """Judge a candidate: floors for any Version, and mean differences to the champion.

    Without a champion only the floors are judged. A broken floor fails whether or not the two
    can be compared. Directions are respected: of a metric that is lower for better answers,
    the floor is the largest mean allowed, and the difference counts upwards.
    """
    findings = list(_floors(candidate, params))
    notes = [] if findings else ["`gate.floors` is empty: nothing absolute was asked"]
    if champion is None:
        notes.append("there is no champion yet: only the floors were judged")
        return _verdict(candidate, None, findings, notes)
    if obstacles := _obstacles(candidate, champion):
        passed = all(finding.passed for finding in findings)
        outcome: Literal["inconclusive", "fail"] = "inconclusive" if passed else "fail"
        every = (*notes, *obstacles)
        return Verdict(outcome, candidate.version, champion.version, tuple(findings), every)
    findings += _differences(candidate, champion, params)
    if not params.tolerance:
        notes.append("`gate.tolerance` is empty: nothing was compared with the champion")
    return _verdict(candidate, champion, findings, notes)


def _verdict(
    candidate: Scorecard, champion: Scorecard | None, findings: list[Finding], notes: list[str]
) -> Verdict:
    against = champion.version if champion else None
    if not findings:
        return Verdict("inconclusive", candidate.version, against, (), tuple(notes))
    outcome: Literal["pass", "fail"] = "pass" if all(each.passed for each in findings) else "fail"
    return Verdict(outcome, candidate.version, against, tuple(findings), tuple(notes))


def _floors(candidate: Scorecard, params: GateParams) -> Iterator[Finding]:
    for metric, floor in params.floors.items():
        own = candidate.metrics.get(metric)
        if fault := _fault(metric, candidate.metrics, params.coverage):
            mean = own.mean if own else None
            yield Finding(metric, "floor", False, floor, mean, None, None, fault)
        elif own is not None and own.mean is not None:
            better = own.mean - floor if own.higher_is_better else floor - own.mean
            relation = "at least" if own.higher_is_better else "at most"
            reason = f"{own.mean:.4f}, {relation} {floor:g} is asked"
            passed = better >= -_ROUNDING
            yield Finding(metric, "floor", passed, floor, own.mean, None, None, reason)


def _differences(
    candidate: Scorecard, champion: Scorecard, params: GateParams
) -> Iterator[Finding]:
    for metric, tolerance in params.tolerance.items():
        own, other = candidate.metrics.get(metric), champion.metrics.get(metric)
        mean, before = own.mean if own else None, other.mean if other else None
        fault = _fault(metric, candidate.metrics, params.coverage)
        if not fault and (theirs := _fault(metric, champion.metrics, params.coverage)):
            fault = f"the champion's: {theirs}; score the champion again"
        if not fault and own and other and own.higher_is_better != other.higher_is_better:
            fault = "the two Scorecards disagree on its direction; score the champion again"
        if fault or own is None or mean is None or before is None:
            reason = fault or "it was not measured"
            yield Finding(metric, "difference", False, tolerance, mean, before, None, reason)
            continue
        change = mean - before
        worse = -change if own.higher_is_better else change
        reason = f"{change:+.4f} from {before:.4f}, {tolerance:g} worse is tolerated"
        passed = worse <= tolerance + _ROUNDING
        yield Finding(metric, "difference", passed, tolerance, mean, before, change, reason)


def _fault(metric: str, metrics: Mapping[str, MetricSummary], coverage: float) -> str | None:
    """Say why a metric cannot be judged, if it cannot."""
    summary = metrics.get(metric)
    if summary is None:
        close = get_close_matches(metric, metrics, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(metrics)}"
        return f"the Scorecard has no metric {metric} ({hint})"
    if summary.mean is None:
        return f"no case was scored{_most_common(summary)}"
    if summary.coverage < coverage - _ROUNDING:
        share = f"only {summary.coverage:.1%} of its cases were scored"
        return f"{share}, gate.coverage asks for {coverage:.1%}{_most_common(summary)}"
    return None


def _most_common(summary: MetricSummary) -> str:
    if not summary.failed:
        return ""
    reason, count = max(summary.failed.items(), key=lambda item: item[1])
    return f"; {count} failed with: {reason}"


def _obstacles(candidate: Scorecard, champion: Scorecard) -> list[str]:
    """Say why two Scorecards cannot be compared, and what to do."""
    again = f"score the champion {champion.version} again"
    obstacles = []
    if candidate.cases.hash != champion.cases.hash:
        obstacles.append(f"the two were asked different cases: {again} on the present ones")
    if candidate.judge != champion.judge:
        obstacles.append(f"the two were scored by different judges: {again} with the present one")
    if candidate.engine != champion.engine:
        obstacles.append(f"the two were answered by different engines: {again} with this one")
    changed = sorted(
        name
        for name in candidate.settings.keys() | champion.settings.keys()
        if measures(name) and candidate.settings.get(name) != champion.settings.get(name)
    )
    if changed:
        obstacles.append(f"the two were scored with different {', '.join(changed)}: {again}")
    return obstacles
