"""What a rule of the gate sees: paired values, their oriented difference and how sure it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from eval.bootstrap import Interval
from eval.gate_rule import Rule
from eval.likelihood import mean_interval, not_below, p_not_below, reach_of
from eval.pairing import Pairing, ScoresByMetric
from eval.params import GateParams
from eval.quantile_gap import quantile_gap
from eval.scorecard import Scorecard

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
