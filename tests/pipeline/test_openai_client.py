import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import instructor
import openai
import pytest
from instructor.core.exceptions import InstructorRetryException
from pydantic import BaseModel

from pipeline.endpoint_fault import find_fault
from pipeline.errors import QuotaError
from pipeline.openai_client import open_async_openai, open_openai
from tests.opened_exchange import OpenedExchange, opened_exchanges
from tests.scripted_endpoint import ScriptedEndpoint, completion, failure, said, scripted

ASKED = {"model": "llama", "messages": [{"role": "user", "content": "Is it?"}]}


class Judgement(BaseModel):
    verdict: int


@pytest.fixture
def server() -> Iterator[ScriptedEndpoint]:
    with scripted() as server:
        yield server


@pytest.fixture
def opened(server: ScriptedEndpoint, tmp_path: Path) -> Iterator[OpenedExchange]:
    with opened_exchanges() as opening:
        yield opening(server.environ(), tmp_path)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_the_sdk_asks_by_the_exchange(
    server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    client = open_openai(opened.exchange, 0, pool)
    texts = [client.chat.completions.create(**ASKED).choices[0].message.content for _ in "12"]
    assert texts == ["Paris.", "Paris."]
    assert len(server.asked) == 1


def test_the_sdks_error_holds_ours(
    server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(failure(429, "slow down", retry_after="1000"))
    with pytest.raises(openai.APIConnectionError) as caught:
        open_openai(opened.exchange, 0, pool).chat.completions.create(**ASKED)
    assert isinstance(find_fault(caught.value), QuotaError)
    assert len(server.asked) == 1


def test_a_structured_call_is_mended_and_stored(
    server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(said(completion('{"verdict": "perhaps"}')))
    server.script.append(said(completion('{"verdict": 1}')))

    async def judge() -> Judgement:
        client = instructor.from_openai(
            open_async_openai(opened.exchange, 0, pool), mode=instructor.Mode.JSON
        )
        judged: Judgement = await client.chat.completions.create(
            **ASKED, response_model=Judgement, max_retries=2
        )
        return judged

    assert [asyncio.run(judge()).verdict for _ in "12"] == [1, 1]
    assert len(server.asked) == 2
    assert (opened.meter.calls, opened.meter.stored) == (4, 2)


def test_instructors_error_holds_ours(
    server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(failure(429, "slow down", retry_after="1000"))

    async def judge() -> None:
        client = instructor.from_openai(
            open_async_openai(opened.exchange, 0, pool), mode=instructor.Mode.JSON
        )
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
