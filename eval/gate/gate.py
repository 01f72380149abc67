"""Gate: may a candidate replace its baseline, shown on the same Cases?

A Verdict is the worst of its Findings. A floor looks at the candidate's mean alone; a margin or a
guard compares the two Versions Case by Case. What cannot be measured fails.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from statistics import NormalDist

import numpy as np

from eval.cases.case import Case
from eval.gate.inference import (
    holm,
    mean_interval,
    not_below,
    p_not_below,
    quantile_gap,
    reach_of,
)
from eval.gate.rules import Pairing, Rule, ScoresByMetric, by_metric, pair_scores, rules_of
from eval.gate.verdict import CaseDifference, Finding, Outcome, Verdict
from eval.params import GateParams
from eval.scores.scorecard import Score, Scorecard, measures
from eval.scores.summary import Interval
from pipeline.errors import PrerequisiteError

POWER = 0.8
"""How likely the smallest detectable difference is shown, and `needed` Cases decide."""

_ROUNDING = 1e-9


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
    judged: list[_JudgedRule] = []
    if baseline is None:
        notes.append("there is no baseline: only the floors were judged")
    else:
        _check_comparable(candidate, baseline)
        cards = (candidate, baseline)
        sides = (by_metric(candidate_scores), by_metric(baseline_scores))
        judged = [_judge_rule(rule, cards, sides, cases, params) for rule in rules_of(params)]
        findings += _rule_findings(judged, params)
        if not judged:
            notes.append("`gate.margins` and `gate.guards` are empty: nothing was compared")
    return Verdict(
        _worst(findings),
        candidate.version,
        baseline.version if baseline else None,
        tuple(findings),
        tuple(_differences(judged)),
        tuple(notes),
    )


def _worst(findings: Sequence[Finding]) -> Outcome:
    """Return the worst outcome; where nothing was asked, nothing was shown."""
    outcomes = {finding.outcome for finding in findings}
    if "fail" in outcomes:
        return "fail"
    return "pass" if outcomes == {"pass"} else "inconclusive"


def floor_findings(candidate: Scorecard, params: GateParams) -> Iterator[Finding]:
    """Yield a Finding for each floor; a metric that cannot be judged fails.

    Of a metric that is lower for better answers, the floor is the largest mean allowed.
    """
    for metric, floor in params.floors.items():
        yield _floor_finding(metric, floor, candidate, params.coverage)


def _floor_finding(metric: str, floor: float, candidate: Scorecard, coverage: float) -> Finding:
    known = partial(Finding, metric=metric, rule="floor", limit=floor)
    summary = candidate.metrics.get(metric)
    if summary is None:
        reason = f"the Scorecard has no metric {metric}{_hint(metric, candidate.metrics)}"
        return known(outcome="fail", reason=reason)
    known = partial(
        known,
        candidate=summary.mean,
        paired=summary.scored,
        unpaired=summary.failed,
        higher_is_better=summary.higher_is_better,
    )
    often = max(summary.failed.items(), key=lambda item: item[1], default=None)
    most = f"; {often[1]} failed with: {often[0]}" if often else ""
    if summary.mean is None:
        return known(outcome="fail", reason=f"no Case was scored{most}")
    if summary.coverage < coverage - _ROUNDING:
        share = f"only {summary.coverage:.1%} of its Cases were scored"
        reason = f"{share}, gate.coverage asks for {coverage:.1%}{most}"
        return known(outcome="fail", reason=reason)
    better = summary.mean - floor if summary.higher_is_better else floor - summary.mean
    relation = "at least" if summary.higher_is_better else "at most"
    return known(
        outcome="pass" if better >= -_ROUNDING else "fail",
        reason=f"{summary.mean:.4f}, {relation} {floor:g} is asked",
    )


def _check_comparable(candidate: Scorecard, baseline: Scorecard) -> None:
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
        raise PrerequisiteError("; ".join(found))


@dataclass(frozen=True, slots=True)
class _Sample:
    """What the pairs of a rule show of it; a `difference` above 0 is better, whatever the metric.

    `candidate` and `baseline` are the values compared, means or quantiles. `passed` says that
    the difference is shown to be no worse than the limit; `p_worse` is the p-value of "no worse".
    """

    candidate: float
    baseline: float
    difference: Interval
    identical: bool
    passed: bool
    p_worse: float


@dataclass(frozen=True, slots=True)
class _JudgedRule:
    """A rule with its pairs, and what they show or why they show nothing."""

    rule: Rule
    pairing: Pairing
    higher_is_better: bool
    seen: _Sample | str


def _judge_rule(
    rule: Rule,
    cards: tuple[Scorecard, Scorecard],
    sides: tuple[ScoresByMetric, ScoresByMetric],
    cases: Sequence[Case],
    params: GateParams,
) -> _JudgedRule:
    """Judge a rule on its own; `cards` and `sides` are of candidate and baseline."""
    known = {case.id for case in cases}
    chosen = {case.id for case in cases if rule.slice is None or rule.slice in case.tags}
    pairing = pair_scores(rule.scored_metric, *sides, chosen, known)
    higher = _higher_is_better(rule, cards)
    if isinstance(higher, str):
        return _JudgedRule(rule, pairing, True, higher)
    seen = _fault(rule, pairing, sides, params.coverage) or _sample(rule, pairing, higher, params)
    return _JudgedRule(rule, pairing, higher, seen)


def _higher_is_better(rule: Rule, cards: tuple[Scorecard, Scorecard]) -> bool | str:
    """Return whether higher is better, or why that cannot be said.

    A guard on what no Scorecard holds is on something spent, where lower is better.
    """
    metric = rule.scored_metric
    known = {card.metrics[metric].higher_is_better for card in cards if metric in card.metrics}
    if len(known) > 1:
        return "the two Scorecards disagree on its direction; score the baseline again"
    if known:
        return known.pop()
    if rule.kind == "guard":
        return False
    return f"no Scorecard has this metric{_hint(metric, cards[0].metrics)}"


def _fault(
    rule: Rule,
    pairing: Pairing,
    sides: tuple[ScoresByMetric, ScoresByMetric],
    coverage: float,
) -> str | None:
    """Say why a rule cannot be judged, if it cannot."""
    metric = rule.scored_metric
    for scores, side in zip(sides, ("candidate", "baseline"), strict=True):
        if metric not in scores:
            return f"the {side} has no scores of {metric}{_hint(metric, scores)}"
    where = f" with the tag {rule.slice}" if rule.slice else ""
    if not pairing.pairs and not pairing.unpaired:
        return f"it applies to no Case{where}"
    if pairing.coverage < coverage - _ROUNDING or not pairing.pairs:
        often = max(pairing.unpaired.items(), key=lambda item: item[1])
        return (
            f"only {pairing.coverage:.1%} of the Cases{where} are paired, gate.coverage asks for "
            f"{coverage:.1%}; of {often[1]}, {often[0]}"
        )
    return None


def _hint(metric: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(metric, known, n=1)
    return f" (did you mean {close[0]}?)" if close else f" (known: {', '.join(known)})"


def _sample(rule: Rule, pairing: Pairing, higher: bool, params: GateParams) -> _Sample:
    """Measure the difference of a rule on its pairs, of which there is at least one."""
    pairs = np.array([(each.candidate, each.baseline) for each in pairing.pairs])
    oriented = pairs if higher else pairs[:, ::-1]
    tail = (1.0 - params.confidence) / 2.0
    identical = bool((pairs[:, 0] == pairs[:, 1]).all())
    if rule.quantile is not None:
        interval, p_worse = quantile_gap(
            oriented, rule.quantile, tail=tail, resamples=params.resamples, seed=params.seed
        )
        passed = identical or interval.low >= -rule.limit - _ROUNDING
        values = np.quantile(pairs, rule.quantile, axis=0)
    else:
        differences = oriented[:, 0] - oriented[:, 1]
        reach = reach_of(pairs)
        interval = mean_interval(differences, reach, tail)
        ordered = np.sort(differences)[None, :]
        passed = bool(not_below(ordered, rule.limit + _ROUNDING, reach, tail)[0])
        p_worse = float(p_not_below(ordered, reach)[0])
        values = pairs.mean(axis=0)
    return _Sample(float(values[0]), float(values[1]), interval, identical, passed, p_worse)


def _rule_findings(judged: Sequence[_JudgedRule], params: GateParams) -> Iterator[Finding]:
    """Yield a Finding for each rule; those that saw something share Holm's correction."""
    tail = (1.0 - params.confidence) / 2.0
    p_values = [each.seen.p_worse for each in judged if isinstance(each.seen, _Sample)]
    rejected = iter(holm(np.array([p_values]), tail)[0] if p_values else ())
    for each in judged:
        worse = isinstance(each.seen, _Sample) and bool(next(rejected))
        yield _rule_finding(each, worse, tail, len(p_values))


def _rule_finding(judged: _JudgedRule, worse: bool, tail: float, tests: int) -> Finding:
    """Return the Finding of a rule among `tests`, at level `tail` either side."""
    limit, sample, cases = judged.rule.limit, judged.seen, len(judged.pairing.pairs)
    known = _known(judged)
    if isinstance(sample, str):
        return known(outcome="fail", reason=sample)
    outcome: Outcome = "pass" if sample.passed else "fail" if worse else "inconclusive"
    shown = sample.difference
    scale = (shown.high - shown.low) / 2.0 / _z(tail)
    undecided = outcome == "inconclusive"
    needed = _needed(shown.mean, limit, scale, tail, tests, cases) if undecided else None
    if not judged.higher_is_better:
        shown = Interval(-shown.mean, -shown.high, -shown.low)
    return known(
        outcome=outcome,
        candidate=sample.candidate,
        baseline=sample.baseline,
        difference=shown.mean,
        low=shown.low,
        high=shown.high,
        p_worse=sample.p_worse,
        detectable=scale * (_z(tail) + _z(1.0 - POWER)) or None,
        needed=needed,
        reason=f"the same on each of {cases} Cases"
        if sample.identical
        else _reason(outcome, shown, cases, limit, needed),
    )


def _known(judged: _JudgedRule) -> partial[Finding]:
    return partial(
        Finding,
        metric=judged.rule.metric,
        rule=judged.rule.kind,
        limit=judged.rule.limit,
        slice=judged.rule.slice,
        paired=len(judged.pairing.pairs),
        unpaired=judged.pairing.unpaired,
        higher_is_better=judged.higher_is_better,
    )


def _needed(
    mean: float, limit: float, scale: float, tail: float, tests: int, cases: int
) -> int | None:
    """Return about how many Cases would decide if the mean stays what it is."""
    ways = ((mean + limit, tail), (-mean, tail / tests))
    shares = [
        ((_z(level) + _z(1.0 - POWER)) * scale / way) ** 2 for way, level in ways if way > 0.0
    ]
    return max(cases + 1, math.ceil(cases * min(shares))) if shares else None


def _reason(outcome: Outcome, shown: Interval, cases: int, limit: float, needed: int | None) -> str:
    more = f"; about {needed} Cases would decide" if needed else ""
    meaning = {
        "pass": f"no worse than {limit:g}",
        "fail": "worse",
        "inconclusive": f"may be worse by more than {limit:g}, or may not{more}",
    }
    bounds = f"({shown.low:+.4g} to {shown.high:+.4g})"
    return f"{shown.mean:+.4g} {bounds} over {cases} Cases: {meaning[outcome]}"


def _z(tail: float) -> float:
    return NormalDist().inv_cdf(1.0 - tail)


def _differences(judged: Sequence[_JudgedRule]) -> list[CaseDifference]:
    """Return what each Case won or lost on the metrics compared, the largest loss first."""
    compared = {
        each.rule.scored_metric: each
        for each in judged
        if each.rule.slice is None and isinstance(each.seen, _Sample)
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
