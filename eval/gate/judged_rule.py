"""A judged rule as a Finding: its outcome, what would have been seen, and the reason in words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from statistics import NormalDist

import numpy as np

from eval.gate.inference import mean_interval, not_below, p_not_below, quantile_gap, reach_of
from eval.gate.rules import Pairing, Rule, ScoresByMetric
from eval.gate.verdict import Finding, Outcome
from eval.params import GateParams
from eval.scores.scorecard import Scorecard
from eval.scores.summary import Interval

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Sample:
    """Paired values of a rule with the difference as the gate judges it: above 0 is better.

    `candidate` and `baseline` are the values compared, means or quantiles. `passed` says that
    the difference is shown to be no worse than the limit; `p_worse` is the p-value of "no worse".
    """

    candidate: float
    baseline: float
    difference: Interval
    identical: bool
    passed: bool
    p_worse: float


def direction(rule: Rule, candidate: Scorecard, baseline: Scorecard) -> bool | str:
    """Return whether higher is better, or why that cannot be said.

    A guard on what no Scorecard holds is on something spent, where lower is better.
    """
    metric = rule.scored_metric
    known = [card.metrics[metric] for card in (candidate, baseline) if metric in card.metrics]
    if not known and rule.kind == "guard":
        return False
    if not known:
        return f"no Scorecard has this metric{_hint(metric, candidate.metrics)}"
    if len({summary.higher_is_better for summary in known}) > 1:
        return "the two Scorecards disagree on its direction; score the baseline again"
    return known[0].higher_is_better


def fault(
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


def sample_of(rule: Rule, pairing: Pairing, higher: bool, params: GateParams) -> Sample:
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
        span = reach_of(pairs)
        interval = mean_interval(differences, span, tail)
        ordered = np.sort(differences)[None, :]
        passed = bool(not_below(ordered, rule.limit + _ROUNDING, span, tail)[0])
        p_worse = float(p_not_below(ordered, span)[0])
        values = pairs.mean(axis=0)
    return Sample(float(values[0]), float(values[1]), interval, identical, passed, p_worse)


def _hint(metric: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(metric, known, n=1)
    return f" (did you mean {close[0]}?)" if close else f" (known: {', '.join(known)})"


POWER = 0.8
"""How likely the smallest detectable difference is shown, and `needed` Cases decide."""


@dataclass(frozen=True, slots=True)
class JudgedRule:
    """A rule with its pairs, and what it saw or why it saw nothing."""

    rule: Rule
    pairing: Pairing
    higher_is_better: bool
    seen: Sample | str

    def finding(self, shown_worse: bool, tail: float, tests: int) -> Finding:
        """Return the Finding of a rule among `tests`, at level `tail` either side."""
        if isinstance(self.seen, str):
            return self._finding(None, "fail", self.seen, None, None)
        sample = self.seen
        outcome: Outcome = "fail" if shown_worse else "inconclusive"
        if sample.passed:
            outcome = "pass"
        cases = len(self.pairing.pairs)
        scale = (sample.difference.high - sample.difference.low) / 2.0 / _z(tail)
        detectable = scale * (_z(tail) + _z(1.0 - POWER)) or None
        needed = None
        if outcome == "inconclusive":
            needed = self._needed(sample, scale, tail, tests, cases)
        reason = self._reason(sample, outcome, needed, cases)
        return self._finding(sample, outcome, reason, detectable, needed)

    def _needed(
        self, sample: Sample, scale: float, tail: float, tests: int, cases: int
    ) -> int | None:
        """Return about how many Cases would decide if the mean stays what it is."""
        mean = sample.difference.mean
        ways = ((mean + self.rule.limit, tail), (-mean, tail / tests))
        shares = [
            ((_z(level) + _z(1.0 - POWER)) * scale / way) ** 2 for way, level in ways if way > 0.0
        ]
        return max(cases + 1, math.ceil(cases * min(shares))) if shares else None

    def _reason(self, sample: Sample, outcome: Outcome, needed: int | None, cases: int) -> str:
        over = f"over {cases} Cases"
        if sample.identical:
            return f"the same on each of {cases} Cases"
        low, high = self._turned(sample.difference.low, sample.difference.high)
        seen = f"{self._turn(sample.difference.mean):+.4g} ({low:+.4g} to {high:+.4g}) {over}"
        if outcome == "pass":
            return f"{seen}: no worse than {self.rule.limit:g}"
        if outcome == "fail":
            return f"{seen}: worse"
        more = f"; about {needed} Cases would decide" if needed else ""
        return f"{seen}: may be worse by more than {self.rule.limit:g}, or may not{more}"

    def _turn(self, value: float) -> float:
        return value if self.higher_is_better else -value

    def _turned(self, low: float, high: float) -> tuple[float, float]:
        return (low, high) if self.higher_is_better else (-high, -low)

    def _finding(
        self,
        sample: Sample | None,
        outcome: Outcome,
        reason: str,
        detectable: float | None,
        needed: int | None,
    ) -> Finding:
        low = high = None
        if sample:
            low, high = self._turned(sample.difference.low, sample.difference.high)
        return Finding(
            metric=self.rule.metric,
            rule=self.rule.kind,
            outcome=outcome,
            limit=self.rule.limit,
            slice=self.rule.slice,
            candidate=sample.candidate if sample else None,
            baseline=sample.baseline if sample else None,
            difference=self._turn(sample.difference.mean) if sample else None,
            low=low,
            high=high,
            p_worse=sample.p_worse if sample else None,
            paired=len(self.pairing.pairs),
            unpaired=self.pairing.unpaired,
            detectable=detectable,
            needed=needed,
            higher_is_better=self.higher_is_better,
            reason=reason,
        )


def _z(tail: float) -> float:
    return NormalDist().inv_cdf(1.0 - tail)
