"""Gate: may a candidate replace its baseline, shown on the same Cases?"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

import numpy as np

from eval.cases.case import Case
from eval.gate.inference import holm
from eval.gate.judged_rule import JudgedRule, Sample, direction, fault, sample_of
from eval.gate.rules import Rule, ScoresByMetric, by_metric, pair_scores, rules_of
from eval.gate.verdict import CaseDifference, Finding, Outcome, Verdict
from eval.params import GateParams
from eval.scores.scorecard import MetricSummary, Score, Scorecard, measures
from pipeline.errors import PrerequisiteError

_ROUNDING = 1e-9


def floor_findings(candidate: Scorecard, params: GateParams) -> Iterator[Finding]:
    """Yield a Finding for each floor; a metric that cannot be judged fails.

    Of a metric that is lower for better answers, the floor is the largest mean allowed.
    """
    for metric, floor in params.floors.items():
        summary = candidate.metrics.get(metric)
        why = _fault(metric, candidate.metrics, params.coverage)
        if why or summary is None or summary.mean is None:
            yield _finding(metric, floor, summary, "fail", why or "it was not measured")
            continue
        better = summary.mean - floor if summary.higher_is_better else floor - summary.mean
        relation = "at least" if summary.higher_is_better else "at most"
        outcome: Outcome = "pass" if better >= -_ROUNDING else "fail"
        reason = f"{summary.mean:.4f}, {relation} {floor:g} is asked"
        yield _finding(metric, floor, summary, outcome, reason)


def _finding(
    metric: str, floor: float, summary: MetricSummary | None, outcome: Outcome, reason: str
) -> Finding:
    return Finding(
        metric=metric,
        rule="floor",
        outcome=outcome,
        limit=floor,
        slice=None,
        candidate=summary.mean if summary else None,
        baseline=None,
        difference=None,
        low=None,
        high=None,
        p_worse=None,
        paired=summary.scored if summary else 0,
        unpaired=summary.failed if summary else {},
        detectable=None,
        needed=None,
        higher_is_better=summary.higher_is_better if summary else True,
        reason=reason,
    )


def _fault(metric: str, metrics: Mapping[str, MetricSummary], coverage: float) -> str | None:
    summary = metrics.get(metric)
    if summary is None:
        close = get_close_matches(metric, metrics, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(metrics)}"
        return f"the Scorecard has no metric {metric} ({hint})"
    if summary.mean is None:
        return f"no Case was scored{_most_common(summary)}"
    if summary.coverage < coverage - _ROUNDING:
        share = f"only {summary.coverage:.1%} of its Cases were scored"
        return f"{share}, gate.coverage asks for {coverage:.1%}{_most_common(summary)}"
    return None


def _most_common(summary: MetricSummary) -> str:
    if not summary.failed:
        return ""
    reason, count = max(summary.failed.items(), key=lambda item: item[1])
    return f"; {count} failed with: {reason}"


def judge_candidate(
    candidate: Scorecard,
    candidate_scores: Sequence[Score],
    baseline: Scorecard | None,
    baseline_scores: Sequence[Score],
    cases: Sequence[Case],
    params: GateParams,
) -> Verdict:
    """Judge a candidate by floors, and Case by Case against a baseline if there is one.

    A margin or guard passes if the lower bound of the difference is no further below 0 than its
    limit, fails if the difference is shown to be below 0 (with Holm's correction over all rules),
    and is inconclusive otherwise. What cannot be measured on enough Cases fails. The order of
    Scores and Cases does not matter. Scores may hold what was spent, such as `latency_ms`.

    Raises:
        PrerequisiteError: the two were asked other Cases, or scored by another judge or engine.
    """
    findings = list(floor_findings(candidate, params))
    notes = [] if findings else ["`gate.floors` is empty: nothing absolute was asked"]
    if baseline is None:
        notes.append("there is no baseline: only the floors were judged")
        return _verdict(candidate, None, findings, (), notes)
    if found := obstacles(candidate, baseline):
        raise PrerequisiteError("; ".join(found))
    sides = (by_metric(candidate_scores), by_metric(baseline_scores))
    judged = [_judged(rule, candidate, baseline, sides, cases, params) for rule in rules_of(params)]
    findings += _findings(judged, params)
    if not judged:
        notes.append("`gate.margins` and `gate.guards` are empty: nothing was compared")
    return _verdict(candidate, baseline, findings, _differences(judged), notes)


def obstacles(candidate: Scorecard, baseline: Scorecard) -> list[str]:
    """Say why two Scorecards cannot be compared, and what to do; empty where they can."""
    found = []
    if candidate.cases.hash != baseline.cases.hash:
        found.append("the two were asked different cases")
    if candidate.judge != baseline.judge:
        found.append("the two were scored by different judges")
    if candidate.engine != baseline.engine:
        found.append("the two were answered by different engines")
    changed = sorted(
        name
        for name in candidate.settings.keys() | baseline.settings.keys()
        if measures(name) and candidate.settings.get(name) != baseline.settings.get(name)
    )
    if changed:
        found.append(f"the two were scored with different {', '.join(changed)}")
    if found:
        found.append(f"score the baseline {baseline.version} again: `winnow gate` does by itself")
    return found


def _judged(
    rule: Rule,
    candidate: Scorecard,
    baseline: Scorecard,
    sides: tuple[ScoresByMetric, ScoresByMetric],
    cases: Sequence[Case],
    params: GateParams,
) -> JudgedRule:
    known = {case.id for case in cases}
    chosen = {case.id for case in cases if rule.slice is None or rule.slice in case.tags}
    pairing = pair_scores(rule.scored_metric, *sides, chosen, known)
    higher = direction(rule, candidate, baseline)
    if isinstance(higher, str):
        return JudgedRule(rule, pairing, True, higher)
    seen = fault(rule, pairing, sides, params.coverage) or sample_of(rule, pairing, higher, params)
    return JudgedRule(rule, pairing, higher, seen)


def _findings(judged: Sequence[JudgedRule], params: GateParams) -> Iterator[Finding]:
    """Yield a Finding for each rule; those that saw something share Holm's correction."""
    tail = (1.0 - params.confidence) / 2.0
    p_values = [each.seen.p_worse for each in judged if isinstance(each.seen, Sample)]
    rejected = iter(holm(np.array([p_values]), tail)[0] if p_values else ())
    for each in judged:
        shown_worse = isinstance(each.seen, Sample) and bool(next(rejected))
        yield each.finding(shown_worse, tail, len(p_values))


def _differences(judged: Sequence[JudgedRule]) -> list[CaseDifference]:
    """Return what each Case won or lost on the metrics compared, the largest loss first."""
    compared = {
        each.rule.scored_metric: each
        for each in judged
        if each.rule.slice is None and isinstance(each.seen, Sample)
    }
    found = [
        CaseDifference(
            pair.case_id,
            metric,
            pair.candidate,
            pair.baseline,
            (pair.candidate - pair.baseline) * (1.0 if each.higher_is_better else -1.0),
        )
        for metric, each in compared.items()
        for pair in each.pairing.pairs
    ]
    return sorted(found, key=lambda each: (each.difference, each.case_id, each.metric))


def _verdict(
    candidate: Scorecard,
    baseline: Scorecard | None,
    findings: Sequence[Finding],
    differences: Sequence[CaseDifference],
    notes: Sequence[str],
) -> Verdict:
    """Take the worst outcome; where nothing was asked, nothing was shown."""
    outcomes = {finding.outcome for finding in findings} or {"inconclusive"}
    outcome: Outcome = "fail" if "fail" in outcomes else "pass"
    if outcome == "pass" and "inconclusive" in outcomes:
        outcome = "inconclusive"
    return Verdict(
        outcome,
        candidate.version,
        baseline.version if baseline else None,
        tuple(findings),
        tuple(differences),
        tuple(notes),
    )
