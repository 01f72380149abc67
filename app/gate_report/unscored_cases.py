"""Unscored Cases: what one side could not score, so that the two cannot be paired there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from app.gate_report.report import Unscored
from app.measured_version import MeasuredVersion
from eval.case import Case
from eval.score import Score
from eval.verdict import Finding

Side = Literal["candidate", "baseline"]


def unscored_cases(
    findings: Iterable[Finding],
    cases: Sequence[Case],
    candidate: Sequence[Score],
    baseline: MeasuredVersion | None,
) -> tuple[Unscored, ...]:
    """Group the Cases without a score by side, metric and reason, for the metrics judged.

    A metric that applies to a Case on neither side is no gap; one that failed, or that only the
    other side scored, is.
    """
    metrics = list(dict.fromkeys(each.metric for each in findings))
    sides: dict[Side, Mapping[tuple[str, str], Score]] = {"candidate": _by_key(candidate)}
    if baseline is not None:
        sides["baseline"] = _by_key(baseline.scores)
    groups: dict[tuple[Side, str, str], list[str]] = {}
    for metric in metrics:
        for case in cases:
            row = {side: scores.get((case.id, metric)) for side, scores in sides.items()}
            for side, reason in _gaps(row):
                groups.setdefault((side, metric, reason), []).append(case.id)
    return tuple(
        Unscored(side=side, metric=metric, reason=reason, cases=tuple(ids))
        for (side, metric, reason), ids in groups.items()
    )


def _by_key(scores: Iterable[Score]) -> dict[tuple[str, str], Score]:
    return {(each.case_id, each.metric): each for each in scores}


def _gaps(row: Mapping[Side, Score | None]) -> list[tuple[Side, str]]:
    scored = any(each is not None and each.status == "scored" for each in row.values())
    gaps: list[tuple[Side, str]] = []
    for side, each in row.items():
        if each is None:
            if scored:
                gaps.append((side, "no score was recorded"))
        elif each.status == "failed" or (each.status == "not_applicable" and scored):
            gaps.append((side, each.reason or each.status))
    return gaps
