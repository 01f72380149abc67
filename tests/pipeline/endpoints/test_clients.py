import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import groq
import httpx
import httpx2
import instructor
import openai
import pytest
from instructor.core.exceptions import InstructorRetryException
from pydantic import BaseModel
from tenacity import RetryError, retry, stop_after_attempt

from pipeline.endpoints.clients import (
    ADDRESS,
    Chat,
    Completion,
    Message,
    find_own_error,
    open_client,
    open_transport,
)
from pipeline.endpoints.endpoint import Provider
from pipeline.endpoints.endpoints import Endpoints
from pipeline.endpoints.wire import RESTART
from pipeline.errors import EndpointError, PrerequisiteError, QuotaError, RefusedError
from tests.support.endpoints import (
    PATH,
    InstantClock,
    OpenedExchange,
    ScriptedEndpoint,
    completion,
    events,
    failure,
    question,
    said,
    words,
)

MODEL = "llama-3.3-70b-versatile"
ASKED = [Message("system", "Be brief."), Message("user", "Where?")]
OURS = QuotaError("used up")
WHOLE = Completion("Paris.", 100, 20, 7.48e-05, "stop")
REQUEST = {"model": "llama", "messages": [{"role": "user", "content": "Is it?"}]}


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


@pytest.fixture
def endpoints(server: ScriptedEndpoint, tmp_path: Path) -> Iterator[Endpoints]:
    with Endpoints(server.environ(), tmp_path, clock=InstantClock()) as endpoints:
        yield endpoints


def chat(endpoints: Endpoints, provider: Provider = "groq") -> Chat:
    return endpoints.chat(provider, MODEL, temperature=0.0, max_tokens=50)


def test_a_completion_has_text_tokens_and_cost(
    endpoints: Endpoints, server: ScriptedEndpoint
) -> None:
    assert chat(endpoints).complete(ASKED) == WHOLE
    assert server.asked[0].body == {
        "model": MODEL,
        "temperature": 0.0,
        "max_tokens": 50,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Where?"},
        ],
    }


def test_a_stream_grows_and_ends_as_the_completion(endpoints: Endpoints) -> None:
    assert list(chat(endpoints).stream(ASKED)) == [Completion("Par"), Completion("Paris."), WHOLE]
    assert chat(endpoints).complete(ASKED) == WHOLE
    assert list(chat(endpoints).stream(ASKED)) == [Completion("Paris."), WHOLE]
    assert endpoints.meter.stored == 2


def test_a_cut_stream_starts_anew(endpoints: Endpoints, server: ScriptedEndpoint) -> None:
    server.script.append(events(*words("Lyon", "s"), done=False))
    texts = [each.text for each in chat(endpoints).stream(ASKED)]
    assert texts == ["Lyon", "Lyons", "Par", "Paris.", "Paris."]


def test_a_stream_of_openais_has_its_tokens_asked_for(
    endpoints: Endpoints, server: ScriptedEndpoint
) -> None:
    (*_, last) = chat(endpoints, "openai").stream(ASKED)
    assert (last.text, last.prompt_tokens) == ("Paris.", 100)
    assert last.cost is None
    assert server.asked[0].path == "/v1/chat/completions"
    assert server.asked[0].body["stream_options"] == {"include_usage": True}


def test_a_server_that_counts_no_tokens_is_understood(
    endpoints: Endpoints, server: ScriptedEndpoint
) -> None:
    server.script.append(said(completion(usage=None)))
    assert chat(endpoints).complete(ASKED) == Completion("Paris.", finish_reason="stop")


def test_an_empty_reply_is_one(endpoints: Endpoints, server: ScriptedEndpoint) -> None:
    server.script.append(said(completion(None)))
    assert chat(endpoints).complete(ASKED).text == ""


def test_half_a_character_is_sent_as_a_question_mark(
    endpoints: Endpoints, server: ScriptedEndpoint
) -> None:
    chat(endpoints).complete([Message("user", "a\ud800b")])
    assert server.asked[0].body["messages"][0]["content"] == "a?b"


def test_errors_are_ours(endpoints: Endpoints, server: ScriptedEndpoint) -> None:
    server.script.extend([failure(400, "too long"), failure(401, "no")])
    with pytest.raises(RefusedError, match="too long"):
        chat(endpoints).complete(ASKED)
    with pytest.raises(PrerequisiteError, match="GROQ_API_KEY"):
        list(chat(endpoints).stream(ASKED))
    server.script.append(failure(400, "no JSON", "json_validate_failed"))
    with pytest.raises(EndpointError, match="no JSON"):
        chat(endpoints).complete(ASKED)


@pytest.mark.parametrize("http", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_both_libraries_get_the_reply(
    http: object, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    transport = open_transport(http, opened.exchange, 0, pool, restarts=True)
    with http.Client(transport=transport) as client:  # type: ignore[attr-defined]
        reply = client.post(ADDRESS + PATH, json=question().body)
    assert reply.json() == completion()


@pytest.mark.parametrize("http", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_an_event_loop_goes_on_and_the_context_goes_along(
    http: object, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    async def ask(text: str) -> tuple[object, int]:
        transport = open_transport(http, opened.exchange, 0, pool, restarts=True)
        async with http.AsyncClient(transport=transport) as client:  # type: ignore[attr-defined]
            with opened.meter.counting() as count:
                reply = await client.post(ADDRESS + PATH, json=question(text).body)
            return reply.json(), count.used.calls

    async def ask_all() -> list[tuple[object, int]]:
        return await asyncio.gather(*map(ask, "abc"))

    assert asyncio.run(ask_all()) == [(completion(), 1)] * 3


def test_equal_calls_of_other_repeats_are_made_anew(
    server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    for repeat in (0, 1, 1):
        transport = open_transport(httpx, opened.exchange, repeat, pool, restarts=True)
        with httpx.Client(transport=transport) as client:
            client.post(ADDRESS + PATH, json=question().body)
    assert len(server.asked) == 2


def test_a_stream_is_handed_on_with_its_restarts_only_to_who_knows_them(
    server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    texts = []
    for restarts, text in ((True, "one"), (False, "two")):
        server.script.append(events(*words("Lyo"), done=False))
        transport = open_transport(httpx, opened.exchange, 0, pool, restarts=restarts)
        with httpx.Client(transport=transport) as client:
            texts.append(client.post(ADDRESS + PATH, json=question(text, stream=True).body).text)
    assert ["restart" in text for text in texts] == [RESTART["restart"], False]
    assert ["Lyo" in text for text in texts] == [True, False]
    assert all(text.endswith("data: [DONE]\n\n") for text in texts)


def test_a_malformed_reply_of_the_model_keeps_its_status(
    server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(failure(400, "no JSON", "json_validate_failed"))
    transport = open_transport(httpx, opened.exchange, 0, pool, restarts=True)
    with httpx.Client(transport=transport) as client:
        assert client.post(ADDRESS + PATH, json=question().body).status_code == 400


def _raised(cause: BaseException) -> BaseException:
    try:
        try:
            raise cause
        except BaseException as error:
            raise RuntimeError("wrapped") from error
    except RuntimeError as wrapped:
        return wrapped


def test_an_error_is_found_below_others() -> None:
    assert find_own_error(OURS) is OURS
    assert find_own_error(_raised(_raised(OURS))) is OURS


def test_an_error_is_found_in_a_group() -> None:
    assert find_own_error(ExceptionGroup("tasks", [ValueError("no"), _raised(OURS)])) is OURS  # type: ignore[list-item]


def test_an_error_is_found_in_the_last_attempt_of_a_retry() -> None:
    @retry(stop=stop_after_attempt(1))
    def call() -> None:
        raise OURS

    with pytest.raises(RetryError) as caught:
        call()
    caught.value.__cause__ = caught.value.__context__ = None
    assert find_own_error(caught.value) is OURS


def test_another_library_s_error_holds_none_of_ours() -> None:
    future: Future[None] = Future()
    future.set_exception(ValueError("no"))
    assert find_own_error(_raised(ValueError("no"))) is None
    circular = ValueError("no")
    circular.__context__ = _raised(circular)
    assert find_own_error(circular) is None


def test_the_sdk_asks_by_the_exchange(
    sdk: Sdk, server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    client = sdk.open(opened, pool)
    texts = [client.chat.completions.create(**REQUEST).choices[0].message.content for _ in "12"]
    assert texts == ["Paris.", "Paris."]
    assert len(server.asked) == 1


def test_the_sdks_error_holds_ours(
    sdk: Sdk, server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(failure(429, "slow down", retry_after="1000"))
    with pytest.raises(sdk.error) as caught:
        sdk.open(opened, pool).chat.completions.create(**REQUEST)
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
            **REQUEST, response_model=Judgement, max_retries=2
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
        await client.chat.completions.create(**REQUEST, response_model=Judgement, max_retries=2)

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
        judged = client.chat.completions.create(**REQUEST, response_model=Judgement, max_retries=1)
        assert judged.verdict == 0
    assert len(server.asked) == 1


def test_vectors_pass_through(opened: OpenedExchange, pool: ThreadPoolExecutor) -> None:
    client = SDKS["openai"].open(opened, pool)
    reply = client.embeddings.create(model="e5", input=["a", "b"], encoding_format="float")
    assert [row.embedding for row in reply.data] == [[1.0, 0.0], [1.0, 1.0]]
