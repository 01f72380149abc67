"""A judged rule as a Finding: its outcome, what would have been seen, and the reason in words."""

import math
from dataclasses import dataclass
from statistics import NormalDist

from eval.gate_rule import Rule
from eval.pairing import Pairing
from eval.rule_sample import Sample
from eval.verdict import Finding, Outcome

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
