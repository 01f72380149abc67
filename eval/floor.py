"""Floors: the absolute means that any Version must reach, baseline or not."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from eval.params import GateParams
from eval.scorecard import MetricSummary, Scorecard
from eval.verdict import Finding, Outcome

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
