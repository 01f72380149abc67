"""Scorecards, Scores and Cases of two Versions for tests of the gate."""

from collections.abc import Mapping, Sequence
from typing import Any

from eval.case import Case
from eval.params import GateParams
from eval.score import Score
from eval.scorecard import CaseSet, MetricSummary, Scorecard

RECALL = "context_recall"

Values = Mapping[str, Sequence[float | None]]
"""Metric to a value for each Case in order; None has failed."""


def gate_params(**changes: Any) -> GateParams:
    """Params that ask for recall within five points and nothing else."""
    asked: dict[str, Any] = {
        "floors": {},
        "margins": {RECALL: 0.05},
        "guards": {},
        "slices": (),
        "confidence": 0.95,
        "coverage": 0.95,
        "on_inconclusive": "block",
        "resamples": 500,
        "seed": 7,
    }
    return GateParams(**{**asked, **changes})


def cases_of(count: int, tags: Mapping[int, str] | None = None) -> list[Case]:
    """Unanswerable Cases `c000`, `c001`, ...; `tags` are by number."""
    return [
        Case(
            id=f"c{number:03}",
            question="?",
            answer="",
            answerable=False,
            evidence=(),
            tags=(tags[number],) if tags and number in tags else (),
        )
        for number in range(count)
    ]


def scores_of(values: Values) -> list[Score]:
    """A Score for each value, in the Cases' order."""
    return [
        Score.failed(f"c{number:03}", metric, "the model is away")
        if value is None
        else Score.of(f"c{number:03}", metric, value)
        for metric, column in values.items()
        for number, value in enumerate(column)
    ]


def card_of(values: Values, lower: Sequence[str] = (), **changes: Any) -> Scorecard:
    """The Scorecard of these values; of metrics in `lower`, lower is better."""
    metrics = {}
    for metric, column in values.items():
        scored = [value for value in column if value is not None]
        failed = len(column) - len(scored)
        metrics[metric] = MetricSummary(
            mean=sum(scored) / len(scored) if scored else None,
            low=None,
            high=None,
            scored=len(scored),
            failed={"the model is away": failed} if failed else {},
            not_applicable=0,
            higher_is_better=metric not in lower,
        )
    fields: dict[str, Any] = {
        "version": "new.dir",
        "engine": "e",
        "corpus": "c",
        "cases": CaseSet(hash="s", count=len(next(iter(values.values()), ())), orphans=()),
        "judge": "j",
        "settings": {"chunk.size": 200, "score.budget": 2000},
        "metrics": metrics,
        "tags": {},
    }
    return Scorecard.model_validate({**fields, **changes})
