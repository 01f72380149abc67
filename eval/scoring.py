"""Scoring: Cases and their answers to Scores, a Scorecard and the rows of two plots."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from eval.answers.answers import CaseAnswer
from eval.answers.identity import Identity
from eval.cases.case import Case, case_set_hash
from eval.cases.evidence import LocatedEvidence, locate_evidence
from eval.judges.judge import Judge, Judged
from eval.params import JudgeParams, ScoreParams
from eval.scores.case_score import (
    Asked,
    not_judged,
    score_abstention,
    score_citations,
    score_retrieval,
    score_words,
)
from eval.scores.metrics import overlap_targets, within
from eval.scores.scorecard import CaseSet, MetricSummary, Score, Scorecard, SpendingByPart, Spent
from eval.scores.summary import summarise, summarise_tags
from pipeline.documents.document import Document
from pipeline.errors import ArtifactError, ParamsError
from pipeline.files import hash_of
from pipeline.versions.manifest import flatten

# Raise when a metric of Winnow's own is defined anew: Scorecards before and after must not be
# compared, so it is a part of the Scorecard's judge.
REVISION = 2

_BUDGET_STEP = 500
_BUDGETS = 20

Row = dict[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Scored:
    """All that `score` writes; the rows are what `dvc plots` draws."""

    scores: tuple[Score, ...]
    scorecard: Scorecard
    recall_by_budget: tuple[Row, ...]
    recall_by_tag: tuple[Row, ...]


def score_answers(
    cases: Sequence[Case],
    documents: Sequence[Document],
    answers: Sequence[CaseAnswer],
    judge: Judge,
    params: ScoreParams,
    judging: JudgeParams,
    identity: Identity,
) -> Scored:
    """Score answers; the same input gives the same result, whatever the order of the Cases.

    Raises:
        ParamsError: the budget is larger than the rankings are deep.
        ArtifactError: Cases or Documents are not those that the answers were made from.
    """
    _check_input(cases, documents, params, identity)
    ordered = sorted(cases, key=lambda case: case.id)
    located = locate_evidence(ordered, documents, params.fuzzy)
    asked = _asked(ordered, located, answers)
    scores: list[Score] = []
    for each, of_answer in zip(asked, _score_answers(asked, judge, params), strict=True):
        scores += [*score_retrieval(each, params, identity.depth), *of_answer]
    orphans = tuple(f"{each.case_id}: {each.document}" for each in located.orphans)
    scorecard = Scorecard(
        version=identity.version,
        engine=identity.engine,
        corpus=identity.corpus,
        cases=CaseSet(hash=identity.cases, count=len(cases), orphans=orphans),
        judge=hash_of([REVISION, judge.hash]),
        settings=identity.settings | _settings(params, judging),
        metrics=summarise(scores, params),
        tags=summarise_tags(scores, ordered, params),
        spending=SpendingByPart(answer=_spent(answers), judge=judge.spent),
    )
    by_budget = tuple(_recall_by_budget(asked, identity.depth))
    return Scored(tuple(scores), scorecard, by_budget, tuple(_recall_by_tag(scorecard)))


def score_each_answer(
    cases: Sequence[Case], answers: Sequence[CaseAnswer], judge: Judge, params: ScoreParams
) -> list[Score]:
    """Score what was answered, and not what was retrieved, with a judge of any kind."""
    ordered = sorted(cases, key=lambda case: case.id)
    asked = _asked(ordered, LocatedEvidence({case.id: () for case in cases}, ()), answers)
    return [score for each in _score_answers(asked, judge, params) for score in each]


def _check_input(
    cases: Sequence[Case],
    documents: Sequence[Document],
    params: ScoreParams,
    identity: Identity,
) -> None:
    if params.budget > identity.depth:
        raise ParamsError(
            f"`score.budget` is {params.budget} but answers were ranked to `answer.depth` "
            f"{identity.depth} characters; set answer.depth to at least {params.budget}"
        )
    if case_set_hash(cases) != identity.cases:
        raise ArtifactError("the cases changed after they were answered; run `dvc repro answer`")
    if hash_of([document.id for document in documents]) != identity.corpus:
        raise ArtifactError(
            "the documents are not those that the answers' version was built from; run `dvc repro`"
        )


def _asked(
    cases: Sequence[Case], located: LocatedEvidence, answers: Sequence[CaseAnswer]
) -> list[Asked]:
    answered = {each.case_id: each for each in answers}
    reasons: dict[str, str] = {}
    for orphan in located.orphans:
        reasons.setdefault(orphan.case_id, f"evidence not found: {orphan.reason}")
    return [
        Asked(
            case=case,
            targets=located.targets[case.id],
            missing=None if located.targets[case.id] else reasons.get(case.id),
            answered=answered.get(case.id)
            or CaseAnswer(case.id, None, error="the answers do not hold this case"),
        )
        for case in cases
    ]


def _score_answers(asked: Sequence[Asked], judge: Judge, params: ScoreParams) -> list[list[Score]]:
    """Return the Scores of each answer, in the order of what was asked."""
    answers = [
        Judged(each.case, each.answered.answer)
        for each in asked
        if each.answered.answer is not None and not not_judged(each, judge.metrics)
    ]
    judged = {(score.case_id, score.metric): score for score in judge.judge(answers)}

    def by_judge(each: Asked) -> list[Score]:
        missing = "the judge returned no score"
        return not_judged(each, judge.metrics) or [
            judged.get((each.case.id, name), Score.failed(each.case.id, name, missing))
            for name in judge.metrics
        ]

    return [
        [
            *by_judge(each),
            *score_words(each, params.metrics),
            *score_citations(each),
            *sorted(score_abstention(each), key=lambda score: score.metric),
        ]
        for each in asked
    ]


def _settings(params: ScoreParams, judging: JudgeParams) -> dict[str, str | int | float | bool]:
    """Return the params of scoring; those of a judge that is not asked determine nothing."""
    kept = {"provider"} if judging.provider == "none" else None
    judge = judging.model_dump(mode="json", include=kept)
    return flatten({"score": params.model_dump(mode="json"), "judge": judge})


def _spent(answers: Sequence[CaseAnswer]) -> Spent:
    """Add up what answering took; where no language model was asked, that is nothing."""
    return Spent.total(
        Spent(tokens=answer.tokens, cost=answer.cost)
        for each in answers
        if (answer := each.answer) is not None and answer.tokens is not None
    )


def _recall_by_budget(asked: Sequence[Asked], depth: int) -> list[Row]:
    """Return mean context recall at growing budgets, over the Cases where it can be measured."""
    measured = [each for each in asked if each.targets and each.unanswered is None]
    if not measured:
        return []
    step = _BUDGET_STEP * max(1, math.ceil(depth / (_BUDGETS * _BUDGET_STEP)))
    rows: list[Row] = []
    for budget in sorted({*range(step, depth + 1, step), depth}):
        recalls = [
            overlap_targets(within(each.answered.ranking, budget), each.targets).recall
            for each in measured
        ]
        rows.append({"budget": budget, "context_recall": math.fsum(recalls) / len(recalls)})
    return rows


def _recall_by_tag(scorecard: Scorecard) -> list[Row]:
    """Return mean context recall of each tag that has one, and of all Cases first."""
    groups: dict[str, dict[str, MetricSummary]] = {"all": scorecard.metrics, **scorecard.tags}
    means = {tag: group["context_recall"].mean for tag, group in groups.items()}
    return [{"tag": tag, "context_recall": mean} for tag, mean in means.items() if mean is not None]
