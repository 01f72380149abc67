"""Case panel: what a Case expects, and how the chosen Versions scored on it."""

from collections.abc import Mapping, Sequence

from app.workbench.rendering import render
from eval.case import Case
from eval.score import Score

_FIRST = frozenset({"context_recall", "ndcg", "answer_alignment", "token_f1", "abstention_right"})
"""Shown at once; the answers below matter more than the other metrics."""


def case_panel(
    case: Case, scores: Mapping[str, Sequence[Score]], faults: Mapping[str, str] | None = None
) -> str:
    """Render a Case with its recorded scores, a column for each letter.

    Args:
        case: the picked Case.
        scores: letter of a chosen Version to its recorded scores on this Case.
        faults: letter to why its scores could not be read.
    """
    values = {
        slot: {score.metric: score for score in recorded} for slot, recorded in scores.items()
    }
    names = dict.fromkeys(name for recorded in values.values() for name in recorded)
    rows = {name: [recorded.get(name) for recorded in values.values()] for name in names}
    telling = {name: cells for name, cells in rows.items() if _says_something(cells)}
    first = [name for name in telling if name in _FIRST] or list(telling)
    return render(
        "case_panel",
        case=case,
        slots=list(values),
        metrics=[(name, telling[name]) for name in first],
        further=[(name, cells) for name, cells in telling.items() if name not in first],
        faults=faults or {},
    )


def _says_something(scores: Sequence[Score | None]) -> bool:
    """Leave out a metric that has no meaning for the Case in any Version."""
    return any(score is not None and score.status != "not_applicable" for score in scores)
