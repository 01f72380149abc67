"""Gate: may a candidate replace its baseline, shown on the same Cases?"""

from collections.abc import Iterator, Sequence

import numpy as np

from eval.case import Case
from eval.floor import floor_findings
from eval.gate_rule import Rule, rules_of
from eval.holm import holm
from eval.judged_rule import JudgedRule
from eval.pairing import ScoresByMetric, by_metric, pair_scores
from eval.params import GateParams
from eval.rule_sample import Sample, direction, fault, sample_of
from eval.score import Score
from eval.scorecard import Scorecard, measures
from eval.verdict import CaseDifference, Finding, Outcome, Verdict
from pipeline.errors import PrerequisiteError


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
