"""Frozen passages: the same ones for a question, however often it is answered."""

from collections.abc import Sequence
from typing import Protocol

from eval.answers import CaseAnswer
from pipeline.answer import Answer, Passage


class Generating(Protocol):
    """What of the Answerer is used here."""

    def generate(self, question: str, passages: Sequence[Passage]) -> Answer:
        """Answer from passages."""


class FrozenPassages:
    """Answers from the passages that a question got before, and retrieves nothing."""

    def __init__(self, generating: Generating, answers: Sequence[CaseAnswer]) -> None:
        """Take what generates, and the answers whose passages are kept."""
        self._generating = generating
        self._passages = {
            each.answer.question: list(each.answer.passages)
            for each in answers
            if each.answer is not None
        }

    def retrieve(self, question: str) -> list[Passage]:
        """Return the passages that the question got."""
        return self._passages[question]

    def generate(self, question: str, passages: Sequence[Passage]) -> Answer:
        """Answer from passages."""
        return self._generating.generate(question, passages)

    def rank(self, question: str, characters: int) -> list[Passage]:  # noqa: ARG002
        """Return nothing: no ranking is made anew."""
        return []
