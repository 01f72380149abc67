"""Judge: scores for answers that more than arithmetic on words is needed for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from eval.cases.case import Case
from eval.params import JudgedMetric
from eval.scores.case_score import NO_REFERENCE
from eval.scores.scorecard import Score, Spent
from pipeline.answer import Answer


@dataclass(frozen=True, slots=True)
class Judged:
    """An answerable Case, perhaps without a reference, and an Answer, which may have abstained."""

    case: Case
    answer: Answer


@runtime_checkable
class Judge(Protocol):
    """Scores Answers against their Cases.

    An abstention is no failure: a metric of overlap with the reference counts it as 0, as
    SQuAD 2.0 does.
    """

    @property
    def hash(self) -> str:
        """Content hash of all that determines a score: metrics, models, library versions."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics it gives."""

    @property
    def spent(self) -> Spent:
        """What the language models of all judging so far took, stored replies included."""

    def judge(self, answers: Sequence[Judged]) -> list[Score]:
        """Return a Score for every metric and Answer; what cannot be measured has failed."""


_ABSTAINED = "the answer abstains"
_NO_PASSAGES = "nothing was retrieved"


@dataclass(frozen=True, slots=True)
class _Kind:
    """`given` are arguments of RAGAS; None as a value means that it does not apply.

    Calls are those of RAGAS 0.4.3 where every reply fits: some for a Case, some for a passage.
    """

    given: tuple[str, ...]
    calls: int
    calls_of_passage: int = 0
    abstained: float | None = None
    without_passages: float | None = None


_KINDS: Mapping[str, _Kind] = {
    "faithfulness": _Kind(
        ("user_input", "response", "retrieved_contexts"), calls=2, without_passages=0.0
    ),
    "answer_relevancy": _Kind(("user_input", "response"), calls=1, abstained=0.0),
    "judged_context_precision": _Kind(
        ("user_input", "reference", "retrieved_contexts"),
        calls=0,
        calls_of_passage=1,
        without_passages=0.0,
    ),
    "judged_context_recall": _Kind(
        ("user_input", "reference", "retrieved_contexts"), calls=1, without_passages=0.0
    ),
    "factual_correctness": _Kind(("response", "reference"), calls=4, abstained=0.0),
    "noise_sensitivity": _Kind(
        ("user_input", "response", "reference", "retrieved_contexts"), calls=3, calls_of_passage=2
    ),
}


def given(metric: JudgedMetric, judged: Judged) -> dict[str, Any]:
    """Return what RAGAS is given for a metric, by its names.

    The contexts are the passages that the answer was made from, in order: those that did not
    fit into the model's window are none.
    """
    everything = {
        "user_input": judged.case.question,
        "response": judged.answer.text,
        "reference": judged.case.answer,
        "retrieved_contexts": _contexts(judged),
    }
    return {name: everything[name] for name in _KINDS[metric].given}


def settled(metric: JudgedMetric, judged: Judged) -> Score | None:
    """Return the Score of a Case that a model need not be asked about, else None.

    An abstention says nothing that could be unfaithful or misled, and answers nothing. Where
    nothing was retrieved, nothing supports an answer.
    """
    kind, case = _KINDS[metric], judged.case
    if "reference" in kind.given and not case.answer.strip():
        return Score.not_applicable(case.id, metric, NO_REFERENCE)
    if "response" in kind.given and judged.answer.abstained:
        return _score(judged, metric, kind.abstained, _ABSTAINED)
    if "retrieved_contexts" in kind.given and not _contexts(judged):
        return _score(judged, metric, kind.without_passages, _NO_PASSAGES)
    return None


def calls(metric: JudgedMetric, judged: Judged) -> int:
    """Return how many calls a metric makes for a Case."""
    kind = _KINDS[metric]
    return kind.calls + kind.calls_of_passage * len(_contexts(judged))


def compares_questions(metric: JudgedMetric) -> bool:
    """Whether a metric needs an encoder."""
    return metric == "answer_relevancy"


def _contexts(judged: Judged) -> list[str]:
    return [each.text for each in judged.answer.given]


def _score(judged: Judged, metric: str, value: float | None, reason: str) -> Score:
    if value is None:
        return Score.not_applicable(judged.case.id, metric, reason)
    return Score.of(judged.case.id, metric, value)
