"""ScriptedChat: a Chat that says what a script holds, and keeps what it was sent."""

from collections.abc import Iterator, Sequence

from pipeline.chat import Completion, Message


class ScriptedChat:
    """Says each text of the script in turn; `stream` yields the given parts before the text."""

    def __init__(self, *texts: str, parts: Sequence[str] = (), finish_reason: str = "stop") -> None:
        self._texts = list(texts)
        self._parts = parts
        self._finish_reason = finish_reason
        self.sent: list[list[Message]] = []

    def complete(self, messages: Sequence[Message]) -> Completion:
        self.sent.append(list(messages))
        return Completion(self._texts.pop(0), 100, 20, 0.25, self._finish_reason)

    def stream(self, messages: Sequence[Message]) -> Iterator[Completion]:
        yield from (Completion(part, None, None, None, None) for part in self._parts)
        yield self.complete(messages)
