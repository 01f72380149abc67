"""ChatGenerator: a language model that answers from the passages and cites them."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from pipeline.answer import Generation, Passage
from pipeline.chat import Chat, Completion, Message
from pipeline.citation import cited_text, finished_part
from pipeline.context_packing import pack
from pipeline.conversation import Standalone, Turn
from pipeline.errors import DataError
from pipeline.params import GenerationParams
from pipeline.prompt import ANSWERING, CONDENSING, NOT_IN_DOCUMENTS, Prompt
from pipeline.prompt_tokens import count_tokens
from pipeline.quotation import quoted, turn_block
from pipeline.reply import as_question, declines, settled_part, spoken

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
        cut = completion.finish_reason == "length"
        understood = question if cut else as_question(completion.text, question)
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
        shown, completion = Generation(()), None
        for completion in self._chat.stream(messages):
            settled = settled_part(finished_part(spoken(completion.text)))
            growing = Completion(settled, None, None, None, None)
            grown = _generation(growing, passages, dropped)
            if grown.sentences and grown != shown:
                shown = grown
                yield grown
        if completion is None:
            yield Generation((), dropped=dropped)
        else:
            yield _generation(completion, passages, dropped)

    def _asked(
        self, question: str, passages: Sequence[Passage]
    ) -> tuple[list[Message], tuple[int, ...]]:
        """Return the messages to send and the ranks of the passages that have no room in them."""
        values = {"passages": "", "question": quoted(question)}
        room = self._room(self._prompt, values)
        packed = pack(passages, room)
        if not packed.text:
            raise DataError(
                f"`generation.window` is {self._params.window} tokens, and {max(room, 0)} are left "
                "for passages beside prompt, question and answer: ask in fewer words, or raise it"
            )
        return _messages(self._prompt, {**values, "passages": packed.text}), packed.dropped

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
    cited = cited_text(text, given)
    sentences = () if declines(cited.sentences) else cited.sentences
    return Generation(sentences, _tokens(completion), completion.cost, cited.stray, dropped)


def _tokens(completion: Completion) -> int | None:
    counts = (completion.prompt_tokens, completion.completion_tokens)
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
