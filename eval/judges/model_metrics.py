"""The metrics that a language model measures: what each is given, and when it need not be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eval.judges.judge import Judged
from eval.params import JudgedMetric
from eval.scores.case_score import ABSTAINED, NO_REFERENCE
from eval.scores.scorecard import Score


def given(metric: JudgedMetric, judged: Judged) -> dict[str, Any]:
    """Return what RAGAS is given for a metric, by its names."""
    everything = {
        "user_input": judged.case.question,
        "response": judged.answer.text,
        "reference": judged.case.answer,
        "retrieved_contexts": judged.contexts,
    }
    return {name: everything[name] for name in _KINDS[metric].given}


def settled(metric: JudgedMetric, judged: Judged) -> Score | None:
    """Return the Score of a Case that a model need not be asked about, else None.

    An abstention says nothing that could be unfaithful or misled, and answers nothing. Where
    nothing was retrieved, nothing supports an answer.
    """
    kind, case = _KINDS[metric], judged.case
    if "reference" in kind.given and not case.answer.strip():
        value, reason = None, NO_REFERENCE
    elif "response" in kind.given and judged.answer.abstained:
        value, reason = kind.abstained, ABSTAINED
    elif "retrieved_contexts" in kind.given and not judged.contexts:
        value, reason = kind.without_passages, "nothing was retrieved"
    else:
        return None
    if value is None:
        return Score.not_applicable(case.id, metric, reason)
    return Score.of(case.id, metric, value)


def calls(metric: JudgedMetric, judged: Judged) -> int:
    """Return how many calls a metric makes for a Case."""
    kind = _KINDS[metric]
    return kind.calls + kind.calls_of_passage * len(judged.contexts)


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
