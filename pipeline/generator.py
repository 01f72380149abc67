"""Generator: a question and passages to an answer that cites them."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from pipeline.answer import Generation, Passage
from pipeline.conversation import Standalone, Turn


class Generator(Protocol):
    """Makes an answer from passages, or abstains."""

    def standalone(self, question: str, history: Sequence[Turn]) -> Standalone:
        """Return a follow-up as a question of its own; one that needs no history stays."""

    def generate(self, question: str, passages: Sequence[Passage]) -> Generation:
        """Return the sentences of an answer with their citations; none means abstained."""

    def stream(self, question: str, passages: Sequence[Passage]) -> Iterator[Generation]:
        """Yield the answer as it grows; the last one yielded is what `generate` returns."""
