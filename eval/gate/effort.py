"""Effort scores: what each answer took, as Scores that a guard can be set on."""

from collections.abc import Iterable, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from eval.answers.answers import CaseAnswer
from eval.cases.case import Case
from eval.gate.rules import rules_of
from eval.params import GateParams
from eval.scores.scorecard import Score

if TYPE_CHECKING:
    from pipeline.answerer import Answerer

LATENCY = "latency_ms"
SPENDING = ("tokens", "cost")
EFFORT = frozenset({LATENCY, *SPENDING})
"""Metrics of what an answer took, and not of what it says: `latency_ms`, `tokens`, `cost`."""

_WARM_UP = 3


def guarded_effort(params: GateParams) -> frozenset[str]:
    """Return which of these metrics some guard looks at, so that nothing else is measured."""
    return EFFORT & {rule.scored_metric for rule in rules_of(params)}


def spending_scores(
    metrics: Iterable[str], cases: Sequence[Case], answers: Mapping[str, CaseAnswer]
) -> list[Score]:
    """Return `tokens` and `cost` (US dollars) of each answer, as far as they are asked for.

    Both are 0 where no language model was asked, so that a Version without one can be compared
    with a Version that has one. A Case that was not answered, or whose model's price is not
    known, fails.
    """
    absent = "its answer is not at hand"
    given = [answers.get(case.id) or CaseAnswer(case.id, None, error=absent) for case in cases]
    wanted = [name for name in SPENDING if name in frozenset(metrics)]
    return [_spent(each, name) for each in given for name in wanted]


def _spent(each: CaseAnswer, name: str) -> Score:
    if each.answer is None:
        return Score.failed(each.case_id, name, f"not answered: {each.error}")
    value = each.answer.tokens if name == "tokens" else each.answer.cost
    if value is None and each.answer.tokens is not None:
        return Score.failed(each.case_id, name, "the model's price is not known")
    return Score.of(each.case_id, name, float(value or 0.0))


def time_both(
    cases: Sequence[Case], baseline: "Answerer", candidate: "Answerer"
) -> tuple[list[Score], list[Score]]:
    """Return the milliseconds that two Versions without a language model take for each Case.

    Both are asked in turn, first the one and then the other, so that what else the machine does
    meets both alike.
    """
    scores: tuple[list[Score], list[Score]] = ([], [])
    sides = ((baseline, scores[0]), (candidate, scores[1]))
    for case in cases[:_WARM_UP]:
        for answerer, _ in sides:
            _timed(answerer, case)
    for number, case in enumerate(cases):
        for answerer, found in sides if number % 2 else reversed(sides):
            found.append(_timed(answerer, case))
    return scores


def _timed(answerer: "Answerer", case: Case) -> Score:
    started = perf_counter()
    try:
        answerer.answer(case.question)
    except Exception as error:
        # What a Version raises is a failure of this Case, as when it was scored.
        return Score.failed(case.id, LATENCY, (str(error).splitlines() or ["it raised"])[0][:200])
    return Score.of(case.id, LATENCY, (perf_counter() - started) * 1000.0)
