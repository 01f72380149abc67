"""ChatGenerator: a language model that answers from the passages and cites them."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from pipeline.answer import Generation, Passage, Standalone, Turn
from pipeline.endpoints.clients import Chat, Completion, Message
from pipeline.errors import DataError
from pipeline.generation.prompt import (
    ANSWERING,
    CONDENSING,
    NOT_IN_DOCUMENTS,
    Prompt,
    passage_block,
    quoted,
    turn_block,
)
from pipeline.generation.reply import (
    as_question,
    cited_text,
    declines,
    finished_part,
    settled_part,
    spoken,
)
from pipeline.params import GenerationParams
from pipeline.text.sentences import sentence_spans
from pipeline.text.tokens import count_tokens

_WORD = re.compile(r"\S+")
# What the tags of a chat's messages take.
_FRAME = 16


class ChatGenerator:
    """Answers with a language model's sentences, whose citations are checked."""

    def __init__(
        self,
        open_chat: Callable[[], Chat],
        prompt: Prompt,
        condense: Prompt,
        params: GenerationParams,
    ) -> None:
        """Take how to reach the model, which is not done before it is first asked.

        Raises:
            ParamsError: a prompt lacks a placeholder, or what to say where there is no answer.
        """
        self._open_chat = open_chat
        self._prompt = prompt.require(ANSWERING, NOT_IN_DOCUMENTS)
        self._condense = condense.require(CONDENSING)
        self._params = params

    @cached_property
    def _chat(self) -> Chat:
        return self._open_chat()

    def standalone(self, question: str, history: Sequence[Turn]) -> Standalone:
        """Return a follow-up as a question of its own, as the model understands it.

        Of the history whole turns count, the last ones that take `generation.history` tokens.
        Without any the question stays as it is and the model is not asked; the question stays
        too if what the model says is none.
        """
        turns = self._remembered(question, history)
        if not turns:
            return Standalone(question)
        values = {"conversation": "\n".join(turns), "question": quoted(question)}
        completion = self._chat.complete(_messages(self._condense, values))
        understood = question
        if completion.finish_reason != "length":
            understood = as_question(completion.text, question)
        return Standalone(understood, _tokens(completion), completion.cost)

    def generate(self, question: str, passages: Sequence[Passage]) -> Generation:
        """Return the model's sentences; none if it says that the passages hold no answer.

        It is not asked where there are no passages.

        Raises:
            DataError: the question leaves no room for a passage in the model's window.
            EndpointError: the model gave no reply.
        """
        if not passages:
            return Generation(())
        messages, dropped = self._asked(question, passages)
        completion = self._chat.complete(messages)
        return _generation(completion, passages, dropped)

    def stream(self, question: str, passages: Sequence[Passage]) -> Iterator[Generation]:
        """Yield the answer as it grows, anew from its start where the model had to be asked again.

        The beginning of a citation mark is held back until the mark is whole. Only the last
        Generation has tokens and cost.
        """
        if not passages:
            yield Generation(())
            return
        messages, dropped = self._asked(question, passages)
        shown, completion = Generation(()), Completion("")
        for completion in self._chat.stream(messages):
            settled = settled_part(finished_part(spoken(completion.text)))
            grown = _generation(Completion(settled), passages, dropped)
            if grown.sentences and grown != shown:
                shown = grown
                yield grown
        yield _generation(completion, passages, dropped)

    def _asked(
        self, question: str, passages: Sequence[Passage]
    ) -> tuple[list[Message], tuple[int, ...]]:
        """Return the messages to send and the ranks of the passages that have no room in them."""
        values = {"passages": "", "question": quoted(question)}
        room = self._room(self._prompt, values)
        text, dropped = pack(passages, room)
        if not text:
            raise DataError(
                f"`generation.window` is {self._params.window} tokens, and {max(room, 0)} are left "
                "for passages beside prompt, question and answer: ask in fewer words, or raise it"
            )
        return _messages(self._prompt, {**values, "passages": text}), dropped

    def _remembered(self, question: str, history: Sequence[Turn]) -> list[str]:
        """Return the last turns that fit, as they are sent, the oldest first."""
        values = {"conversation": "", "question": quoted(question)}
        room = min(self._params.history, self._room(self._condense, values))
        turns: list[str] = []
        for turn in reversed(history):
            block = turn_block(turn)
            room -= count_tokens(f"{block}\n")
            if room < 0:
                break
            turns.insert(0, block)
        return turns

    def _room(self, prompt: Prompt, values: dict[str, str]) -> int:
        """Return the tokens of the window that prompt, question and answer leave."""
        taken = count_tokens(prompt.system) + count_tokens(prompt.filled(values)) + _FRAME
        return self._params.window - self._params.max_tokens - taken


def _messages(prompt: Prompt, values: dict[str, str]) -> list[Message]:
    return [Message("system", prompt.system), Message("user", prompt.filled(values))]


def _generation(
    completion: Completion, passages: Sequence[Passage], dropped: tuple[int, ...]
) -> Generation:
    """Return a reply's sentences, with the citations of passages that the model was given."""
    given = [passage for passage in passages if passage.rank not in dropped]
    text = spoken(completion.text)
    if completion.finish_reason == "length":
        text = finished_part(text)
    cited, stray = cited_text(text, given)
    sentences = () if declines(cited) else cited
    return Generation(sentences, _tokens(completion), completion.cost, stray, dropped)


def _tokens(completion: Completion) -> int | None:
    counts = (completion.prompt_tokens, completion.completion_tokens)
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def pack(passages: Sequence[Passage], room: int) -> tuple[str, tuple[int, ...]]:
    """Return the passages, best first and whole, that take at most `room` tokens together.

    They are the text that a model is given, beside the ranks of those that were left out.

    One that does not fit is left out, and a smaller one after it may still be taken. Only a first
    one that is larger than all the room is cut, at the end of a sentence if it holds one.
    """
    blocks: list[str] = []
    dropped: list[int] = []
    for passage in passages:
        block = passage_block(passage)
        taken = _length(block)
        if taken > room and not blocks and not dropped:
            block = _cut(passage, room)
            taken = _length(block)
        if block and taken <= room:
            blocks.append(block)
            room -= taken
        else:
            dropped.append(passage.rank)
    return "\n".join(blocks), tuple(dropped)


def _length(block: str) -> int:
    # No token crosses from this line break to the bracket of the next block.
    return count_tokens(f"{block}\n")


def _cut(passage: Passage, room: int) -> str:
    """Return the block of a passage's beginning: whole sentences, else words, else characters."""
    text = passage.text
    for ends in (
        [end for _, end in sentence_spans(text)],
        [word.end() for word in _WORD.finditer(text)],
        range(1, len(text)),
    ):
        blocks = [passage_block(passage, text[: ends[0]])] if ends else []
        if blocks and _length(blocks[0]) <= room:
            fitting = bisect_right(
                ends, room, key=lambda end: _length(passage_block(passage, text[:end]))
            )
            return passage_block(passage, text[: ends[fitting - 1]])
    return ""
