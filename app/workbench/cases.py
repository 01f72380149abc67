"""Case picker: the Cases as choices, narrowed by tag, and the one before or after."""

from collections import Counter
from collections.abc import Mapping, Sequence

from app.workbench.rendering import render
from eval.cases.case import Case
from eval.scores.scorecard import Score

ALL = "all"
_KINDS = {"answerable": True, "unanswerable": False}


def filters(cases: Sequence[Case]) -> list[tuple[str, str]]:
    """Return (label, value) of every way to narrow the Cases, with how many remain."""
    tags = Counter(tag for case in cases for tag in case.tags)
    kinds = {
        kind: sum(case.answerable == answerable for case in cases)
        for kind, answerable in _KINDS.items()
    }
    return [
        (f"All Cases ({len(cases)})", ALL),
        *((f"{kind} ({count})", kind) for kind, count in kinds.items() if count),
        *(
            (f"{tag} ({count})", f"tag:{tag}")
            for tag, count in sorted(tags.items())
            if tag not in _KINDS
        ),
    ]


def narrowed(cases: Sequence[Case], chosen: str | None) -> list[Case]:
    """Return the Cases that a filter's value leaves, in their order."""
    if chosen in _KINDS:
        return [case for case in cases if case.answerable == _KINDS[chosen]]
    if chosen and chosen.startswith("tag:"):
        return [case for case in cases if chosen.removeprefix("tag:") in case.tags]
    return list(cases)


def choices(cases: Sequence[Case]) -> list[tuple[str, str]]:
    """Return (label, case id) of each Case; the label holds question and id, to search both."""
    return [(f"{case.question}  [{case.id}]", case.id) for case in cases]


def neighbour(cases: Sequence[Case], current: str | None, step: int) -> Case | None:
    """Return the Case `step` places on, going round; from none, the first or the last."""
    if not cases:
        return None
    ids = [case.id for case in cases]
    if current not in ids:
        return cases[0 if step > 0 else -1]
    return cases[(ids.index(current) + step) % len(cases)]


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
