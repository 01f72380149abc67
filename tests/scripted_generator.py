"""ScriptedGenerator: a Generator that says what a script holds, word by word if it is streamed."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.answer import Generation, Passage
from pipeline.conversation import Standalone, Turn


class ScriptedGenerator:
    """Returns the Generation that a script holds for a question; abstains from all others.

    A script may hold an exception instead, which is raised.
    """

    def __init__(self, script: Mapping[str, Generation | Exception], seconds: float = 0.0) -> None:
        self._script = script
        self._seconds = seconds

    def generate(self, question: str, passages: Sequence[Passage]) -> Generation:  # noqa: ARG002
        time.sleep(self._seconds)
        scripted = self._script.get(question, Generation(()))
        if isinstance(scripted, Exception):
            raise scripted
        return scripted

    def stream(self, question: str, passages: Sequence[Passage]) -> Iterator[Generation]:
        whole = self.generate(question, passages)
        for count in range(1, len(whole.sentences)):
            yield replace(whole, sentences=whole.sentences[:count])
        yield whole

    def standalone(self, question: str, history: Sequence[Turn]) -> Standalone:
        """Put the last question before this one."""
        return Standalone(f"{history[-1].question} {question}" if history else question)
