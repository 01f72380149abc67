import asyncio
import logging
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import pytest

from pipeline.endpoints.clients import Message, find_own_error
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import (
    BudgetError,
    EndpointError,
    NoMoreCallsError,
    NotStoredError,
    PrerequisiteError,
    QuotaError,
    WinnowError,
)
from pipeline.params import SpendingParams
from tests.loopback.fixture import environment, serving
from tests.support.endpoints import (
    KEY,
    InstantClock,
    Line,
    ScriptedEndpoint,
    completion,
    failure,
    said,
)

MODEL = "llama-3.3-70b-versatile"


@pytest.fixture
def endpoints(server: ScriptedEndpoint, tmp_path: Path) -> Iterator[Endpoints]:
    with Endpoints(server.environ(), tmp_path, clock=InstantClock()) as endpoints:
        yield endpoints


def ask(endpoints: Endpoints, text: str = "Where?", repeat: int = 0) -> str:
    chat = endpoints.chat("groq", MODEL, temperature=0.0, max_tokens=50, repeat=repeat)
    return chat.complete([Message("user", text)]).text


def test_nothing_is_needed_before_it_is_used(tmp_path: Path) -> None:
    with Endpoints({}, tmp_path / "none") as endpoints:
        assert endpoints.concurrency == 8
        assert endpoints.meter.used.calls == 0
        with pytest.raises(PrerequisiteError, match="GROQ_API_KEY"):
            ask(endpoints)
    assert not (tmp_path / "none").exists()


def test_replies_lie_where_the_environment_says(server: ScriptedEndpoint, tmp_path: Path) -> None:
    environ = server.environ(WINNOW_REPLIES=str(tmp_path / "shared"))
    for name in ("one", "two"):
        with Endpoints(environ, tmp_path / name) as endpoints:
            ask(endpoints)
    assert len(server.asked) == 1
    assert not (tmp_path / "one" / "replies").exists()


def test_a_count_holds_what_is_used_within_it(endpoints: Endpoints) -> None:
    ask(endpoints, "before")
    with endpoints.meter.counting() as count, ThreadPoolExecutor(1) as pool:
        pool.submit(copy_context().run, ask, endpoints, "within").result()
        ask(endpoints, "before")
    assert (count.used.calls, count.stored) == (2, 1)
    assert (count.used.prompt_tokens, count.used.completion_tokens) == (200, 40)
    assert count.used.cost == pytest.approx(2 * 7.48e-05)
    assert endpoints.meter.used.calls == 3


def test_only_stored_replies_are_used_where_told(
    endpoints: Endpoints, server: ScriptedEndpoint
) -> None:
    ask(endpoints, "known")
    with endpoints.stored_only():
        ask(endpoints, "known")
        with pytest.raises(NotStoredError) as caught:
            ask(endpoints, "unknown")
        assert 0 < caught.value.prompt_tokens < caught.value.completion_tokens == 50

        async def judge() -> None:
            client = endpoints.async_client("groq")
            messages = [{"role": "user", "content": "unknown"}]
            await client.chat.completions.create(model=MODEL, messages=messages)

        with pytest.raises(Exception, match="Connection error") as wrapped:
            asyncio.run(judge())
        assert isinstance(find_own_error(wrapped.value), NotStoredError)
    assert len(server.asked) == 1
    ask(endpoints, "unknown")


def test_vectors_come_in_the_order_of_the_texts(
    endpoints: Endpoints, server: ScriptedEndpoint
) -> None:
    rows = [{"object": "embedding", "index": row, "embedding": [float(row)]} for row in (1, 0)]
    server.script.append(said({"object": "list", "data": rows, "model": "e5"}))
    assert endpoints.embed("openai", "e5", ["a", "b"]) == [[0.0], [1.0]]
    assert endpoints.embed("openai", "e5", ["a", "b"]) == [[0.0], [1.0]]
    assert [asked.path for asked in server.asked] == ["/v1/embeddings"]


def test_vectors_that_are_missing_are_an_error_of_ours(
    endpoints: Endpoints, server: ScriptedEndpoint
) -> None:
    server.script.extend([said({"data": []})] * 8)
    with pytest.raises(EndpointError, match="without all that was asked for"):
        endpoints.embed("openai", "e5", ["a"])


def test_a_forecast_knows_the_price_and_the_limits(
    server: ScriptedEndpoint, tmp_path: Path
) -> None:
    limits = {
        "x_ratelimit_limit_tokens": "6000",
        "x_ratelimit_remaining_tokens": "5900",
        "x_ratelimit_reset_tokens": "1s",
    }
    server.script.append(said(completion(), **limits))
    with Endpoints(server.environ(), tmp_path) as endpoints:
        assert endpoints.forecast("groq", MODEL, [(500, 130)]).seconds is None
        ask(endpoints)
    with Endpoints(server.environ(WINNOW_REQUESTS_PER_MINUTE="30"), tmp_path) as endpoints:
        forecast = endpoints.forecast("groq", MODEL, [(500, 130)] * 97)
        assert forecast.line == (
            "97 calls, 61.1 k tokens, $0.0386, about 10 min at 30 requests and 6 k tokens a minute"
        )


def test_the_budget_holds_over_all_models(server: ScriptedEndpoint, tmp_path: Path) -> None:
    spending = SpendingParams(dollars=0.0003, tokens=10_000, prices={"m": (1.0, 1.0)})
    with Endpoints(server.environ(), tmp_path, spending) as endpoints:
        ask(endpoints)
        ask(endpoints, "another")
        dear = endpoints.chat("openai", "m", temperature=0.0, max_tokens=200)
        with pytest.raises(BudgetError, match="spending.dollars"):
            dear.complete([Message("user", "Where?")])
        with pytest.raises(BudgetError):
            ask(endpoints, "a third")
        assert ask(endpoints) == "Paris."


def test_closing_ends_what_waits(server: ScriptedEndpoint, tmp_path: Path) -> None:
    server.script.append(Line(body=b"x" * 200, broken="stall"))
    endpoints = Endpoints(server.environ(), tmp_path)
    threading.Timer(0.15, endpoints.close).start()
    begun = time.monotonic()
    with pytest.raises(NoMoreCallsError, match="same command"):
        ask(endpoints)
    assert time.monotonic() - begun < 5
    with pytest.raises(NoMoreCallsError):
        ask(endpoints, "after")


@pytest.mark.parametrize("line", [
    said(completion(f"Your key is {KEY}.")),
    failure(400, f"bad request with Bearer {KEY}"),
    failure(401, f"Incorrect API key provided: {KEY}"),
    failure(404, f"no model for {KEY}"),
    failure(429, f"used up for {KEY}", retry_after="1000"),
    failure(400, f"no JSON {KEY}", "json_validate_failed"),
    Line(302, b"", {"location": "https://elsewhere"}),
    Line(body=b"x" * 200, broken="cut"),
])  # fmt: skip
def test_the_key_appears_nowhere(
    line: Line, server: ScriptedEndpoint, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script.append(line)
    seen = []
    with Endpoints(server.environ(), tmp_path, clock=InstantClock()) as endpoints:
        try:
            seen.append(ask(endpoints))
        except WinnowError as error:
            seen += ["".join(traceback.format_exception(error)), *_chain(error)]
        seen += [repr(endpoints), endpoints.forecast("groq", MODEL, [(1, 1)]).line]
        client = endpoints.async_client("groq")
        seen += [repr(client), repr(vars(client))]
    seen += [file.read_text() for file in tmp_path.rglob("*") if file.is_file()]
    seen += [record.getMessage() for record in caplog.records] + [caplog.text]
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert not [text for text in seen if KEY in text]


def _chain(error: BaseException | None) -> list[str]:
    if error is None:
        return []
    return [repr(error), repr(vars(error)), *_chain(error.__context__), *_chain(error.__cause__)]


def test_with_faults_every_reply_and_its_cost_are_the_same(tmp_path: Path) -> None:
    results = []
    for name, faults in (("smooth", 0.0), ("faulty", 0.4)):
        with serving(faults=faults, retry_after=0.01) as server:
            environ = environment(server) | {"WINNOW_MODEL_SECONDS": "0.5"}
            clock = InstantClock()
            with Endpoints(environ, tmp_path / name, clock=clock) as endpoints:
                questions = [f"question {number}" for number in range(40)]
                with ThreadPoolExecutor(8) as pool:
                    texts = list(pool.map(lambda text: ask(endpoints, text), questions))
                results.append((texts, endpoints.meter.used))
    assert results[0] == results[1]
    replies = [
        {file.name: file.read_bytes() for file in (tmp_path / name).glob("replies/*/*.json")}
        for name in ("smooth", "faulty")
    ]
    assert replies[0] == replies[1]
    assert len(replies[0]) == 40


def test_a_day_s_quota_leaves_what_was_done_and_the_next_run_goes_on(tmp_path: Path) -> None:
    questions = [f"question {number}" for number in range(20)]
    with serving(quota=7) as server:
        with (
            Endpoints(environment(server), tmp_path) as endpoints,
            ThreadPoolExecutor(4) as pool,
        ):
            calls = [pool.submit(ask, endpoints, text) for text in questions]
            errors = [call.exception() for call in calls]
        assert {type(error) for error in errors if error} == {QuotaError}
        assert sum(error is None for error in errors) == 7
        server.control(quota=None)
        with Endpoints(environment(server), tmp_path) as endpoints:
            for text in questions:
                ask(endpoints, text)
            assert endpoints.meter.stored == 7
