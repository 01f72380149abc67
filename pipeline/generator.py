"""Generator: a question and passages to an answer that cites them."""

from collections.abc import Sequence
from typing import Protocol

from pipeline.answer import Generation, Passage


class Generator(Protocol):
    """Makes an answer from passages, or abstains."""

    def generate(self, question: str, passages: Sequence[Passage]) -> Generation:
        """Return the sentences of an answer with their citations; none means abstained."""
