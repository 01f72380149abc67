"""Both SDKs, each over its own HTTP library, ask by the same Exchange."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import groq
import instructor
import openai
import pytest
from instructor.core.exceptions import InstructorRetryException
from pydantic import BaseModel

from pipeline.endpoints.call import find_fault
from pipeline.endpoints.clients import open_async_groq, open_async_openai, open_groq, open_openai
from pipeline.errors import QuotaError
from tests.support.endpoints import OpenedExchange, ScriptedEndpoint, completion, failure, said

ASKED = {"model": "llama", "messages": [{"role": "user", "content": "Is it?"}]}


class Judgement(BaseModel):
    verdict: int


@dataclass(frozen=True)
class Sdk:
    open: Callable[..., Any]
    open_async: Callable[..., Any]
    error: type[Exception]
    structured: Callable[..., Any]


SDKS = {
    "groq": Sdk(open_groq, open_async_groq, groq.APIConnectionError, instructor.from_groq),
    "openai": Sdk(
        open_openai, open_async_openai, openai.APIConnectionError, instructor.from_openai
    ),
}


@pytest.fixture(params=SDKS)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    return SDKS[request.param]


def test_the_sdk_asks_by_the_exchange(
    sdk: Sdk, server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    client = sdk.open(opened.exchange, 0, pool)
    texts = [client.chat.completions.create(**ASKED).choices[0].message.content for _ in "12"]
    assert texts == ["Paris.", "Paris."]
    assert len(server.asked) == 1


def test_the_sdks_error_holds_ours(
    sdk: Sdk, server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(failure(429, "slow down", retry_after="1000"))
    with pytest.raises(sdk.error) as caught:
        sdk.open(opened.exchange, 0, pool).chat.completions.create(**ASKED)
    assert isinstance(find_fault(caught.value), QuotaError)
    assert len(server.asked) == 1


def test_a_structured_call_is_mended_and_stored(
    sdk: Sdk, server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(said(completion('{"verdict": "perhaps"}')))
    server.script.append(said(completion('{"verdict": 1}')))

    async def judge() -> Judgement:
        client = sdk.structured(sdk.open_async(opened.exchange, 0, pool), mode=instructor.Mode.JSON)
        judged: Judgement = await client.chat.completions.create(
            **ASKED, response_model=Judgement, max_retries=2
        )
        return judged

    assert [asyncio.run(judge()).verdict for _ in "12"] == [1, 1]
    assert len(server.asked) == 2
    assert (opened.meter.calls, opened.meter.stored) == (4, 2)


def test_instructors_error_holds_ours(
    sdk: Sdk, server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(failure(429, "slow down", retry_after="1000"))

    async def judge() -> None:
        client = sdk.structured(sdk.open_async(opened.exchange, 0, pool), mode=instructor.Mode.JSON)
        await client.chat.completions.create(**ASKED, response_model=Judgement, max_retries=2)

    with pytest.raises(InstructorRetryException) as caught:
        asyncio.run(judge())
    assert isinstance(find_fault(caught.value), QuotaError)
    assert len(server.asked) == 1


def test_tools_are_called_and_stored(
    server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    body = completion()
    function = {"name": "Judgement", "arguments": '{"verdict": 0}'}
    call = {"id": "call_1", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    body["choices"][0] |= {"message": message, "finish_reason": "tool_calls"}
    server.script.append(said(body))
    client = instructor.from_openai(open_openai(opened.exchange, 0, pool))
    for _ in "12":
        judged = client.chat.completions.create(**ASKED, response_model=Judgement, max_retries=1)
        assert judged.verdict == 0
    assert len(server.asked) == 1


def test_vectors_pass_through(opened: OpenedExchange, pool: ThreadPoolExecutor) -> None:
    client = open_openai(opened.exchange, 0, pool)
    reply = client.embeddings.create(model="e5", input=["a", "b"], encoding_format="float")
    assert [row.embedding for row in reply.data] == [[1.0, 0.0], [1.0, 1.0]]
