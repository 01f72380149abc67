"""Conversation: what an open page asked so far, and what each Version answered to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.workbench.answer_column import Column
from pipeline.conversation import Turn

_KEPT = 20
"""Questions that a page remembers; a model is told fewer, as `generation.history` allows."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question, and the text that each Version, by its id, answered."""

    question: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """The questions since the last one that stood alone; empty before the first."""

    exchanges: tuple[Exchange, ...] = ()

    @property
    def questions(self) -> list[str]:
        """What was asked, the first question first."""
        return [each.question for each in self.exchanges]

    def history(self, version: str) -> tuple[Turn, ...]:
        """Return the questions with this Version's own answers.

        An answer is empty where it abstained, failed, or was not among the chosen.
        """
        return tuple(Turn(each.question, each.answers.get(version, "")) for each in self.exchanges)

    def and_then(self, question: str, columns: Sequence[Column]) -> "Conversation":
        """Return the conversation with one more question and its answers."""
        answers = {each.version.id: each.whole.text for each in columns if each.whole is not None}
        return Conversation((*self.exchanges, Exchange(question, answers))[-_KEPT:])


NOTHING_SAID = Conversation()
"""What a question that stands alone follows."""
