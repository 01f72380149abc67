"""Retriever: a question to ranked passages."""

from typing import Protocol

from pipeline.answer import Passage


class Retriever(Protocol):
    """Finds the passages that are closest to a question."""

    def retrieve(self, question: str, k: int) -> list[Passage]:
        """Return at most `k` passages, best first, ranks counting from 1."""
