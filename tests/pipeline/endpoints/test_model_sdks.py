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

from pipeline.endpoints.clients import find_own_error, open_client
from pipeline.endpoints.endpoint import Provider
from pipeline.errors import QuotaError
from tests.support.endpoints import OpenedExchange, ScriptedEndpoint, completion, failure, said

ASKED = {"model": "llama", "messages": [{"role": "user", "content": "Is it?"}]}


class Judgement(BaseModel):
    verdict: int


@dataclass(frozen=True)
class Sdk:
    provider: Provider
    error: type[Exception]
    structured: Callable[..., Any]

    def open(self, opened: OpenedExchange, pool: ThreadPoolExecutor) -> Any:
        return open_client(self.provider, opened.exchange, 0, pool, is_async=False)

    def open_judge(self, opened: OpenedExchange, pool: ThreadPoolExecutor) -> Any:
        client = open_client(self.provider, opened.exchange, 0, pool, is_async=True)
        return self.structured(client, mode=instructor.Mode.JSON)


SDKS = {
    "groq": Sdk("groq", groq.APIConnectionError, instructor.from_groq),
    "openai": Sdk("openai", openai.APIConnectionError, instructor.from_openai),
}


@pytest.fixture(params=SDKS)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    return SDKS[request.param]


def test_the_sdk_asks_by_the_exchange(
    sdk: Sdk, server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    client = sdk.open(opened, pool)
    texts = [client.chat.completions.create(**ASKED).choices[0].message.content for _ in "12"]
    assert texts == ["Paris.", "Paris."]
    assert len(server.asked) == 1


def test_the_sdks_error_holds_ours(
    sdk: Sdk, server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(failure(429, "slow down", retry_after="1000"))
    with pytest.raises(sdk.error) as caught:
        sdk.open(opened, pool).chat.completions.create(**ASKED)
    assert isinstance(find_own_error(caught.value), QuotaError)
    assert len(server.asked) == 1


def test_a_structured_call_is_mended_and_stored(
    sdk: Sdk, server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(said(completion('{"verdict": "perhaps"}')))
    server.script.append(said(completion('{"verdict": 1}')))

    async def judge() -> Judgement:
        client = sdk.open_judge(opened, pool)
        judged: Judgement = await client.chat.completions.create(
            **ASKED, response_model=Judgement, max_retries=2
        )
        return judged

    assert [asyncio.run(judge()).verdict for _ in "12"] == [1, 1]
    assert len(server.asked) == 2
    assert (opened.meter.used.calls, opened.meter.stored) == (4, 2)


def test_instructors_error_holds_ours(
    sdk: Sdk, server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(failure(429, "slow down", retry_after="1000"))

    async def judge() -> None:
        client = sdk.open_judge(opened, pool)
        await client.chat.completions.create(**ASKED, response_model=Judgement, max_retries=2)

    with pytest.raises(InstructorRetryException) as caught:
        asyncio.run(judge())
    assert isinstance(find_own_error(caught.value), QuotaError)
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
    client = instructor.from_openai(SDKS["openai"].open(opened, pool))
    for _ in "12":
        judged = client.chat.completions.create(**ASKED, response_model=Judgement, max_retries=1)
        assert judged.verdict == 0
    assert len(server.asked) == 1


def test_vectors_pass_through(opened: OpenedExchange, pool: ThreadPoolExecutor) -> None:
    client = SDKS["openai"].open(opened, pool)
    reply = client.embeddings.create(model="e5", input=["a", "b"], encoding_format="float")
    assert [row.embedding for row in reply.data] == [[1.0, 0.0], [1.0, 1.0]]
