"""Generator: a question and passages to an answer that cites them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from pipeline.answer import Generation, Passage, Standalone, Turn
from pipeline.encoders.encoder import Encoder
from pipeline.errors import ParamsError, PrerequisiteError
from pipeline.generation.extractive import ExtractiveGenerator
from pipeline.generation.prompt import (
    ANSWERING,
    CONDENSING,
    NOT_IN_DOCUMENTS,
    Prompt,
    shipped_prompt,
)
from pipeline.params import GenerationParams

if TYPE_CHECKING:
    from pipeline.endpoints.clients import Chat
    from pipeline.endpoints.endpoints import Endpoints

_VARIABLES = {"groq": "GROQ_API_KEY", "openai": "OPENAI_API_KEY or OPENAI_BASE_URL"}


class Generator(Protocol):
    """Makes an answer from passages, or abstains."""

    def standalone(self, question: str, history: Sequence[Turn]) -> Standalone:
        """Return a follow-up as a question of its own; one that needs no history stays."""

    def generate(self, question: str, passages: Sequence[Passage]) -> Generation:
        """Return the sentences of an answer with their citations; none means abstained."""

    def stream(self, question: str, passages: Sequence[Passage]) -> Iterator[Generation]:
        """Yield the answer as it grows; the last one yielded is what `generate` returns."""


def make_generator(
    params: GenerationParams,
    encoder: Encoder,
    prompts: Mapping[str, Prompt],
    endpoints: "Endpoints | None",
    repeat: int = 0,
) -> Generator:
    """Return the Generator; a language model is not reached before its first question.

    Another `repeat` gets replies of its own to the same question.
    Without endpoints, or without their key, that question raises PrerequisiteError.

    Raises:
        ParamsError: one of its prompts is missing or unfit.
    """
    provider = params.generator
    if provider == "extractive":
        return ExtractiveGenerator(encoder, params)
    from pipeline.generation.chat_generator import ChatGenerator

    def open_chat() -> "Chat":
        if endpoints is None:
            raise PrerequisiteError(
                f"`generation.generator` is {provider!r}, which needs a model's endpoint: "
                f"set {_VARIABLES[provider]}"
            )
        return endpoints.chat(
            provider,
            params.model,
            temperature=params.temperature,
            max_tokens=params.max_tokens,
            repeat=repeat,
        )

    prompt, condense = (_chosen(each, prompts) for each in (params.prompt, params.condense))
    return ChatGenerator(open_chat, prompt, condense, params)


def needed_prompts(params: GenerationParams) -> dict[str, Prompt]:
    """Return the shipped prompts that a Version with these params holds, by id, all of them fit.

    Raises:
        ParamsError: one is unknown or unfit.
    """
    if params.generator == "extractive":
        return {}
    answering = shipped_prompt(params.prompt).require(ANSWERING, NOT_IN_DOCUMENTS)
    condensing = shipped_prompt(params.condense).require(CONDENSING)
    return {each.id: each for each in (answering, condensing)}


def _chosen(prompt_id: str, prompts: Mapping[str, Prompt]) -> Prompt:
    if prompt_id not in prompts:
        known = ", ".join(sorted(prompts)) or "none"
        raise ParamsError(f"no prompt {prompt_id!r} in this Version, which holds {known}")
    return prompts[prompt_id]
