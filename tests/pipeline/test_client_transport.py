import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import httpx2
import pytest

from pipeline.client_transport import ADDRESS, ClientTransport
from pipeline.errors import RefusedError
from pipeline.event_stream import RESTART
from tests.opened_exchange import PATH, OpenedExchange, question
from tests.scripted_endpoint import (
    ScriptedEndpoint,
    completion,
    events,
    failure,
    words,
)


@pytest.mark.parametrize("http", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_both_libraries_get_the_reply(
    http: object, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    transport = ClientTransport(http, opened.exchange, 0, pool)
    with http.Client(transport=transport) as client:  # type: ignore[attr-defined]
        reply = client.post(ADDRESS + PATH, json=question().body)
    assert reply.json() == completion()


@pytest.mark.parametrize("http", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_an_event_loop_goes_on_and_the_context_goes_along(
    http: object, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    async def ask(text: str) -> tuple[object, int]:
        transport = ClientTransport(http, opened.exchange, 0, pool)
        async with http.AsyncClient(transport=transport) as client:  # type: ignore[attr-defined]
            with opened.meter.tally() as tally:
                reply = await client.post(ADDRESS + PATH, json=question(text).body)
            return reply.json(), tally.calls

    async def ask_all() -> list[tuple[object, int]]:
        return await asyncio.gather(*map(ask, "abc"))

    assert asyncio.run(ask_all()) == [(completion(), 1)] * 3


def test_equal_calls_of_other_repeats_are_made_anew(
    server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    for repeat in (0, 1, 1):
        transport = ClientTransport(httpx, opened.exchange, repeat, pool)
        with httpx.Client(transport=transport) as client:  # type: ignore[arg-type]
            client.post(ADDRESS + PATH, json=question().body)
    assert len(server.asked) == 2


def test_a_stream_is_handed_on_with_its_restarts_only_to_who_knows_them(
    server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    texts = []
    for restarts, text in ((True, "one"), (False, "two")):
        server.script.append(events(*words("Lyo"), done=False))
        transport = ClientTransport(httpx, opened.exchange, 0, pool, restarts=restarts)
        with httpx.Client(transport=transport) as client:  # type: ignore[arg-type]
            texts.append(client.post(ADDRESS + PATH, json=question(text, stream=True).body).text)
    assert ["restart" in text for text in texts] == [RESTART["restart"], False]
    assert ["Lyo" in text for text in texts] == [True, False]
    assert all(text.endswith("data: [DONE]\n\n") for text in texts)


def test_a_malformed_reply_of_the_model_keeps_its_status(
    server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(failure(400, "no JSON", "json_validate_failed"))
    transport = ClientTransport(httpx, opened.exchange, 0, pool)
    with httpx.Client(transport=transport) as client:  # type: ignore[arg-type]
        assert client.post(ADDRESS + PATH, json=question().body).status_code == 400


def test_errors_pass_through(
    server: ScriptedEndpoint, opened: OpenedExchange, pool: ThreadPoolExecutor
) -> None:
    server.script.append(failure(400, "too long"))
    transport = ClientTransport(httpx, opened.exchange, 0, pool)
    with (
        httpx.Client(transport=transport) as client,  # type: ignore[arg-type]
        pytest.raises(RefusedError, match="too long"),
    ):
        client.post(ADDRESS + PATH, json=question().body)
