"""The metrics of RAGAS, those with a language model and those without; only here is it imported.

RAGAS takes seconds to import, so that happens when a metric is made.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import lru_cache
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, create_model

from eval.answers.replies import error_line
from eval.params import JudgeParams
from pipeline.process import switch_off_telemetry

if TYPE_CHECKING:
    from ragas.embeddings.base import BaseRagasEmbedding
    from ragas.llms.base import InstructorBaseRagasLLM

ResultT = TypeVar("ResultT")

Embed = Callable[[str], Sequence[float]]
"""A text to its vector."""

ATTEMPTS = 3
"""Times that a reply is asked for until it fits its schema."""

LIBRARIES = ("ragas", "instructor")
"""What a judged score depends on besides the model."""

_MALFORMED = ("json_validate_failed", "tool_use_failed")
_AGAIN = "\n\nYour reply number {} was no valid JSON. Reply with one JSON object and nothing else."


def keyless_measures(embed: Embed) -> dict[str, Any]:
    """Return the metrics that need no language model, by Winnow's names."""
    _prepare()
    from ragas.metrics import collections

    return {
        "semantic_similarity": collections.SemanticSimilarity(embeddings=_embedding(embed)),
        "rouge_l": collections.RougeScore(rouge_type="rougeL", mode="fmeasure"),
        "string_presence": collections.StringPresence(),
        "chrf": collections.CHRFScore(),
    }


def judged_measures(params: JudgeParams, client: Any, embed: Embed) -> dict[str, Any]:
    """Return the metrics that a language model measures, by Winnow's names.

    Answer relevancy asks for one question where RAGAS asks for three by the same request: the
    reply to a request is stored, so all three would be one. `judge.repeats` asks anew.

    Args:
        params: Which model, and how it is asked.
        client: An asynchronous client of the SDK that `params.provider` names.
        embed: For answer relevancy, which compares questions.
    """
    _prepare()
    from ragas.metrics import collections

    model = _language_model(params, client)
    vectors = _embedding(embed)
    return {
        "faithfulness": collections.Faithfulness(llm=model),
        "answer_relevancy": collections.AnswerRelevancy(
            llm=model, embeddings=vectors, strictness=1
        ),
        "judged_context_precision": collections.ContextPrecisionWithReference(llm=model),
        "judged_context_recall": collections.ContextRecall(llm=model),
        "factual_correctness": collections.FactualCorrectness(llm=model),
        "noise_sensitivity": collections.NoiseSensitivity(llm=model),
    }


def failure_reason(error: BaseException, max_tokens: int) -> str:
    """Say in one line why a metric could not be measured, in words that hold no reply's text."""
    from instructor.core.exceptions import IncompleteOutputException

    for cause in _causes(error):
        if isinstance(cause, IncompleteOutputException):
            return f"the judge's reply is longer than judge.max_tokens {max_tokens}"
        if isinstance(cause, ValidationError):
            fault = cause.errors(include_input=False)[0]
            key = ".".join(part for part in fault["loc"] if isinstance(part, str))
            where = f"{key}: {fault['type']}" if key else fault["type"]
            return f"the judge's reply was malformed {ATTEMPTS} times ({where})"
        if _is_malformed(cause):
            return f"the judge's reply was malformed {ATTEMPTS} times (the endpoint refused it)"
    return error_line(error)


def run_to_end(coroutine: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Run a coroutine in a loop of its own, with the context variables that hold here.

    A notebook already runs a loop in this thread; there it gets a thread of its own. Anywhere
    else it stays in this one, so that an interrupt ends it.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(copy_context().run, asyncio.run, coroutine).result()


def _prepare() -> None:
    # RAGAS reads it once, when first imported, before it reports use over the network.
    switch_off_telemetry()
    # It logs every reply that it asks for again; what becomes of them stands in the Scores.
    logging.getLogger("instructor").setLevel(logging.CRITICAL)


def _embedding(embed: Embed) -> "BaseRagasEmbedding":
    from ragas.embeddings.base import BaseRagasEmbedding

    class Embedding(BaseRagasEmbedding):
        """Vectors from elsewhere."""

        def embed_text(self, text: str, **_: Any) -> list[float]:
            return list(embed(text))

        async def aembed_text(self, text: str, **_: Any) -> list[float]:
            return list(embed(text))

    return Embedding()


def _language_model(params: JudgeParams, client: Any) -> "InstructorBaseRagasLLM":
    """Return a model that asks again for what does not fit its schema.

    RAGAS' own factory cannot take Groq's client, and would leave `top_p` at 0.1, which makes a
    temperature mean nothing. Its way of asking writes a file into the user's home with each call.
    """
    import instructor
    from ragas.llms.base import InstructorLLM, InstructorModelArgs

    class Model(InstructorLLM):
        """Refuses replies that RAGAS would take, and asks again where the endpoint refuses one."""

        async def agenerate(self, prompt: str, response_model: type[BaseModel]) -> Any:
            reply = strict_reply(response_model, _statements(prompt))
            for attempt in range(ATTEMPTS):
                again = _AGAIN.format(attempt) if attempt else ""
                try:
                    return await self.client.chat.completions.create(
                        model=self.model,
                        messages=[{"role": "user", "content": prompt + again}],
                        response_model=reply,
                        max_retries=ATTEMPTS - 1,
                        **self._map_provider_params(),
                    )
                except Exception as error:
                    refused = any(_is_malformed(cause) for cause in _causes(error))
                    if not refused or attempt == ATTEMPTS - 1:
                        raise
            return None

    wrap: Any = instructor.from_groq if params.provider == "groq" else instructor.from_openai
    arguments = InstructorModelArgs(
        temperature=params.temperature, top_p=1.0, max_tokens=params.max_tokens
    )
    wrapped = wrap(client, mode=instructor.Mode.JSON)
    return Model(wrapped, params.model, params.provider, arguments)


@lru_cache(maxsize=256)
def strict_reply(model: type[BaseModel], verdicts: int | None = None) -> type[BaseModel]:
    """Return a reply model of the same fields, whose numbers are 0 or 1 and whose lists hold some.

    Args:
        model: Of fields that are texts, verdicts (int), or lists of texts or of such models.
        verdicts: How many a list of models must hold, where that is known.
    """
    fields: dict[str, Any] = {
        name: (_strict(field.annotation, verdicts), field)
        for name, field in model.model_fields.items()
    }
    return create_model(model.__name__, __base__=model, **fields)


def _strict(kind: Any, verdicts: int | None) -> Any:
    if kind is int:
        return Annotated[int, Field(ge=0, le=1)]
    if get_origin(kind) is not list:
        return kind
    [item] = get_args(kind)
    if not (isinstance(item, type) and issubclass(item, BaseModel)):
        return Annotated[kind, Field(min_length=1)]
    strict = GenericAlias(list, (strict_reply(item),))
    return Annotated[strict, Field(min_length=verdicts or 1, max_length=verdicts)]


def _statements(prompt: str) -> int | None:
    """Return how many statements a prompt asks verdicts on, if that is what it asks."""
    _, _, given = prompt.rpartition("\ninput: ")
    try:
        content, _ = json.JSONDecoder().raw_decode(given)
    except ValueError:
        return None
    statements = content.get("statements") if isinstance(content, Mapping) else None
    return len(statements) if isinstance(statements, list) else None


def _is_malformed(error: BaseException) -> bool:
    """Whether an endpoint says that the model's reply was no JSON, as Groq does with status 400."""
    body = getattr(error, "body", None)
    details = body.get("error", body) if isinstance(body, Mapping) else None
    return isinstance(details, Mapping) and details.get("code") in _MALFORMED


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    return chain
