"""Judge: scores for answers that more than arithmetic on words is needed for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from eval.cases.case import Case
from eval.scores.scorecard import Score, Spent
from pipeline.answer import Answer


@dataclass(frozen=True, slots=True)
class Judged:
    """An answerable Case, perhaps without a reference, and an Answer, which may have abstained."""

    case: Case
    answer: Answer

    @property
    def contexts(self) -> list[str]:
        """The passages that the answer was made from, in order, without those that did not fit."""
        return [each.text for each in self.answer.given]


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
