"""GrowingGenerator: a Generator that yields a script step by step, as a language model writes."""

import time
from collections.abc import Iterator, Sequence

from pipeline.answer import Generation, Passage
from pipeline.conversation import Standalone, Turn


class GrowingGenerator:
    """Yields the steps of a script, with a pause before each; an exception among them is raised.

    A follow-up is put behind the question before it.
    """

    def __init__(self, script: Sequence[Generation | Exception], pause: float = 0.0) -> None:
        self._script = script
        self._pause = pause
        self.histories: list[tuple[Turn, ...]] = []

    def standalone(self, question: str, history: Sequence[Turn]) -> Standalone:
        self.histories.append(tuple(history))
        return Standalone(f"{history[-1].question} {question}", tokens=90, cost=0.00005)

    def generate(self, question: str, passages: Sequence[Passage]) -> Generation:
        *_, whole = self.stream(question, passages)
        return whole

    def stream(self, question: str, passages: Sequence[Passage]) -> Iterator[Generation]:  # noqa: ARG002
        for step in self._script:
            time.sleep(self._pause)
            if isinstance(step, Exception):
                raise step
            yield step
