import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline.endpoints.call import Fault, ModelCall
from pipeline.endpoints.endpoint import endpoint_at
from pipeline.endpoints.exchange import ExclusiveKey, call_once
from pipeline.endpoints.replies import StoredReply
from pipeline.endpoints.wire import RESTART, Wire
from pipeline.errors import (
    BudgetError,
    EndpointError,
    NoMoreCallsError,
    OutageError,
    PrerequisiteError,
    QuotaError,
    RefusedError,
)
from pipeline.params import SpendingParams
from tests.support.endpoints import (
    Line,
    OpenedExchange,
    Opening,
    completion,
    events,
    failure,
    opened_exchanges,
    question,
    said,
    scripted,
    words,
)

Made = tuple[list[dict[str, Any]], StoredReply | Fault, list[Mapping[str, str]]]


def made(line: Line, call: ModelCall) -> Made:
    """Return the chunks, the outcome and the headers of one attempt."""
    silence = "0.2" if line.broken == "stall" else "30"
    with scripted(line) as server:
        return at(server.environ(WINNOW_MODEL_SECONDS=silence), call)


def at(environ: Mapping[str, str], call: ModelCall) -> Made:
    endpoint, noted = endpoint_at("groq", environ), list[Mapping[str, str]]()
    wire = Wire(endpoint)
    chunks, steps = [], call_once(endpoint, wire, call, noted.append)
    try:
        while True:
            chunks.append(next(steps))
    except StopIteration as end:
        return chunks, end.value, noted
    finally:
        wire.close()


def test_a_whole_reply_comes_with_its_headers() -> None:
    _, outcome, noted = made(said(completion(), x_ratelimit_limit_tokens="6000"), question())
    assert outcome == StoredReply(200, completion())
    assert noted[0]["x-ratelimit-limit-tokens"] == "6000"


def test_a_stream_is_handed_on_and_put_together() -> None:
    chunks, outcome, _ = made(events(*words("Par", "is.")), question(stream=True))
    assert chunks == words("Par", "is.")
    assert outcome == StoredReply(200, completion(x_groq={"id": "req_1"}))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (Line(body=b"x" * 100, broken="cut"), "no whole reply"),
        (Line(body=b"x" * 100, broken="stall"), "no byte for 0.2 seconds"),
        (Line(body=b'{"choices": [{"mess'), "no whole JSON"),
    ],
)
def test_what_breaks_off_is_a_fault_whose_tokens_are_lost(line: Line, reason: str) -> None:
    _, outcome, _ = made(line, question())
    assert isinstance(outcome, Fault)
    assert reason in outcome.reason
    assert outcome.begun


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (events(*words("Par"), done=False), "without its end"),
        (events(words("Par")[0]), "without all that was asked for"),
        (events(words("Par")[0], {"error": {"message": "overloaded"}}), "overloaded"),
        (Line(200, b'data: {"half', {"content-type": "text/event-stream"}), "no whole JSON"),
    ],
)
def test_a_stream_that_is_not_whole_is_a_fault(line: Line, reason: str) -> None:
    _, outcome, _ = made(line, question(stream=True))
    assert isinstance(outcome, Fault)
    assert reason in outcome.reason


def test_no_server_is_a_fault() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        _, outcome, _ = at({"GROQ_API_KEY": "k", "GROQ_BASE_URL": address}, question())
    assert isinstance(outcome, Fault)
    assert "refused" in outcome.reason
    assert not outcome.begun


def test_a_refusal_for_good_is_raised() -> None:
    with pytest.raises(PrerequisiteError, match="GROQ_API_KEY"):
        made(failure(401, "Invalid API Key"), question())


TPD = (
    "Rate limit reached for model `llama` in organization `org_1` on tokens per day (TPD): Limit "
    "100000, Used 99900, Requested 1500. Please try again in 14m24s."
)
STALL = Line(body=b"x" * 200, broken="stall")
FAULTS = {
    "429": failure(429, "slow down"),
    "429 with retry-after": failure(429, "slow down", retry_after="7"),
    "500": failure(500),
    "502": Line(502, b"<html>Bad Gateway</html>", {"content-type": "text/html"}),
    "503 with retry-after": failure(503, retry_after="5"),
    "cut body": Line(body=b"x" * 200, broken="cut"),
    "stall": STALL,
    "half a JSON": Line(body=b'{"choices": [{"message": {"content": "Par'),
    "not what was asked": said({"choices": []}),
}


@pytest.fixture
def opening() -> Iterator[Opening]:
    with opened_exchanges() as opening:
        yield opening


def stored(folder: Path) -> dict[str, bytes]:
    replies = folder / "replies"
    return {file.name: file.read_bytes() for file in replies.rglob("*.json")}


def read(opened: OpenedExchange, call: ModelCall) -> tuple[list[dict[str, Any]], StoredReply]:
    chunks: list[dict[str, Any]] = []
    steps = opened.exchange.stream(call)
    try:
        while True:
            chunks.append(next(steps))
    except StopIteration as end:
        return chunks, end.value


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_after_a_fault_the_reply_and_its_cost_are_the_same(
    fault: Line, tmp_path: Path, opening: Opening
) -> None:
    with scripted(fault) as server:
        environ = server.environ(WINNOW_MODEL_SECONDS="0.5") if fault is STALL else server.environ()
        faulty = opening(environ, tmp_path / "faulty")
        smooth = opening(environ, tmp_path / "smooth")
        replies = [opened.exchange.ask(question()) for opened in (faulty, smooth)]
        assert len(server.asked) == 3
    assert replies == [StoredReply(200, completion())] * 2
    assert stored(tmp_path / "faulty") == stored(tmp_path / "smooth") != {}
    assert faulty.meter.used == smooth.meter.used == smooth.meter.paid


def test_what_an_endpoint_asks_to_wait_is_waited(tmp_path: Path, opening: Opening) -> None:
    limited = failure(429, "on requests per minute (RPM): Limit 30", retry_after="7")
    with scripted(limited, FAULTS["503 with retry-after"]) as server:
        opened = opening(server.environ(), tmp_path)
        opened.exchange.ask(question())
    assert 12 <= opened.clock.waited < 14
    assert opened.memory.read("llama") == {("requests", 60.0): 30}


def test_a_stored_reply_is_not_asked_for_again(tmp_path: Path, opening: Opening) -> None:
    with scripted() as server:
        first = opening(server.environ(), tmp_path)
        first.exchange.ask(question())
        second = opening(server.environ(), tmp_path)
        second.exchange.ask(question())
        second.exchange.ask(question(stream=True))
        assert len(server.asked) == 1
        second.exchange.ask(question(repeat=1))
        assert len(server.asked) == 2
    assert (second.meter.used.calls, second.meter.stored) == (3, 2)
    assert second.meter.paid.prompt_tokens == 100


def test_a_cut_stream_starts_anew_and_is_stored_like_a_whole_reply(
    tmp_path: Path, opening: Opening
) -> None:
    cut = events(*words("Lyo"), done=False)
    with scripted(cut) as server:
        opened = opening(server.environ(), tmp_path)
        chunks, reply = read(opened, question(stream=True))
    assert chunks == [*words("Lyo"), RESTART, *words("Par", "is.")]
    assert reply.body["choices"] == completion()["choices"]
    again, stored_reply = read(opened, question(stream=True))
    assert stored_reply == reply
    assert RESTART not in again


def test_a_stream_that_nobody_reads_to_its_end_frees_its_place(
    tmp_path: Path, opening: Opening
) -> None:
    with scripted() as server:
        opened = opening(server.environ(WINNOW_MODEL_CALLS="1"), tmp_path)
        steps = opened.exchange.stream(question(stream=True))
        next(steps)
        steps.close()
        opened.exchange.ask(question())


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        (failure(429, TPD, retry_after="864"), "100,000 tokens a day"),
        (failure(429, TPD), "100,000 tokens a day"),
        (failure(429, "on requests per day (RPD): Limit 1000", retry_after="2"), "1,000 requests"),
        (failure(429, "slow down", retry_after="301"), "the rate limit"),
    ],
)
def test_a_used_up_quota_ends_all_calls_and_says_when_to_go_on(
    line: Line, limit: str, tmp_path: Path, opening: Opening
) -> None:
    with scripted(said(completion()), line) as server:
        opened = opening(server.environ(), tmp_path)
        opened.exchange.ask(question("first"))
        with pytest.raises(QuotaError, match=rf"{limit}.* until \d\d:\d\d.*same command") as caught:
            opened.exchange.ask(question("second"))
        assert "\n" not in str(caught.value)
        assert "org_1" not in str(caught.value)
        with pytest.raises(QuotaError):
            opened.exchange.ask(question("third"))
        assert len(server.asked) == 2
        opened.exchange.ask(question("first"))
        opened.exchange.ask(question("third", model="another"))
        opened.clock.wait(865)
        opened.exchange.ask(question("second"))


def test_rate_limits_do_not_count_as_failed_attempts(tmp_path: Path, opening: Opening) -> None:
    with scripted(*[failure(429, retry_after="1")] * 12) as server:
        opened = opening(server.environ(WINNOW_MODEL_ATTEMPTS="2"), tmp_path)
        assert opened.exchange.ask(question()).status == 200


def test_a_rate_limit_is_not_waited_for_without_end(tmp_path: Path, opening: Opening) -> None:
    with scripted(*[failure(429, retry_after="30")] * 9) as server:
        opened = opening(server.environ(WINNOW_MODEL_WAIT="100"), tmp_path)
        with pytest.raises(QuotaError):
            opened.exchange.ask(question())
        assert len(server.asked) == 4


def test_headers_hold_the_next_call_back_and_are_remembered(
    tmp_path: Path, opening: Opening
) -> None:
    few = {
        "x_ratelimit_limit_tokens": "6000",
        "x_ratelimit_remaining_tokens": "0",
        "x_ratelimit_reset_tokens": "60s",
    }
    with scripted(said(completion(), **few)) as server:
        opened = opening(server.environ(), tmp_path)
        opened.exchange.ask(question("first"))
        assert opened.clock.waited == 0
        opened.exchange.ask(question("second"))
    assert opened.clock.waited == pytest.approx(question("second").tokens / 100, abs=0.3)
    assert opened.memory.read("llama") == {("tokens", 60.0): 6000}


def test_the_environment_s_limits_are_kept(tmp_path: Path, opening: Opening) -> None:
    with scripted() as server:
        opened = opening(server.environ(WINNOW_REQUESTS_PER_MINUTE="2"), tmp_path)
        for number in range(5):
            opened.exchange.ask(question(str(number)))
    assert 120 <= opened.clock.waited < 122


def test_too_many_failures_of_one_call_are_its_own(tmp_path: Path, opening: Opening) -> None:
    with scripted(*[failure(503, "busy")] * 3) as server:
        opened = opening(server.environ(WINNOW_MODEL_ATTEMPTS="3"), tmp_path)
        with pytest.raises(EndpointError, match=r"3 attempts \(status 503: busy\)") as caught:
            opened.exchange.ask(question())
        assert type(caught.value) is EndpointError
        assert opened.exchange.ask(question()).status == 200


def test_too_many_failures_in_a_row_are_an_outage(tmp_path: Path, opening: Opening) -> None:
    with scripted(*[failure(503)] * 20) as server:
        opened = opening(server.environ(WINNOW_MODEL_ATTEMPTS="3"), tmp_path)
        with pytest.raises(EndpointError):
            opened.exchange.ask(question("first"))
        for text in ("second", "third"):
            with pytest.raises(OutageError, match="failed 6 times in a row"):
                opened.exchange.ask(question(text))
        assert len(server.asked) == 6


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (failure(400, "too long"), RefusedError),
        (failure(401, "no"), PrerequisiteError),
        (failure(404, "no"), PrerequisiteError),
    ],
)
def test_a_refusal_is_neither_tried_again_nor_stored(
    line: Line, kind: type[Exception], tmp_path: Path, opening: Opening
) -> None:
    with scripted(line) as server:
        opened = opening(server.environ(), tmp_path)
        with pytest.raises(kind):
            opened.exchange.ask(question())
        assert len(server.asked) == 1
    assert not stored(tmp_path)


def test_a_malformed_reply_of_the_model_is_stored(tmp_path: Path, opening: Opening) -> None:
    with scripted(failure(400, "no JSON", "json_validate_failed")) as server:
        opened = opening(server.environ(), tmp_path)
        replies = [opened.exchange.ask(question()).status for _ in range(2)]
        assert (replies, len(server.asked)) == ([400, 400], 1)


def test_the_budget_ends_all_calls_before_it_is_exceeded(tmp_path: Path, opening: Opening) -> None:
    most = question("0").tokens
    spending = SpendingParams(dollars=1, tokens=most + 120, prices={})
    with scripted() as server:
        opened = opening(server.environ(), tmp_path, spending)
        opened.exchange.ask(question("0"))
        with pytest.raises(BudgetError, match=r"spending.tokens"):
            opened.exchange.ask(question("1", max_tokens=2 * most))
        with pytest.raises(BudgetError):
            opened.exchange.ask(question("2", max_tokens=1))
        assert len(server.asked) == 1
    assert opened.meter.paid.tokens <= spending.tokens


def test_equal_calls_at_the_same_time_are_made_once(tmp_path: Path, opening: Opening) -> None:
    with scripted() as server, ThreadPoolExecutor(8) as pool:
        opened = opening(server.environ(), tmp_path)
        replies = list(pool.map(opened.exchange.ask, [question()] * 8))
        assert len(server.asked) == 1
    assert replies == replies[:1] * 8
    assert (opened.meter.used.calls, opened.meter.stored) == (8, 7)


def test_no_more_calls_are_made_at_once_than_allowed(tmp_path: Path, opening: Opening) -> None:
    with scripted(*[STALL] * 5) as server:
        opened = opening(server.environ(WINNOW_MODEL_CALLS="2"), tmp_path)
        with ThreadPoolExecutor(5) as pool:
            calls = [pool.submit(opened.exchange.ask, question(str(n))) for n in range(5)]
            _until(lambda: len(server.asked) == 2)
            time.sleep(0.1)
            assert len(server.asked) == 2
            _stop(opened)
            assert {type(call.exception(5)) for call in calls} == {NoMoreCallsError}


def _stop(opened: OpenedExchange) -> None:
    opened.clock.stop()
    opened.exchange.close()


def _until(holds: Any, seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)


def test_a_place_that_cannot_store_is_found_before_anything_is_paid_for(
    tmp_path: Path, opening: Opening
) -> None:
    (tmp_path / "replies").write_text("no folder")
    with scripted() as server:
        opened = opening(server.environ(), tmp_path)
        with pytest.raises(PrerequisiteError, match="WINNOW_REPLIES"):
            opened.exchange.ask(question())
        assert not server.asked


def test_an_account_without_credit_ends_all_calls(tmp_path: Path, opening: Opening) -> None:
    with scripted(failure(429, "You exceeded your quota", "insufficient_quota")) as server:
        opened = opening(server.environ(), tmp_path)
        for text in ("first", "second"):
            with pytest.raises(QuotaError, match="no credit left"):
                opened.exchange.ask(question(text))
        assert len(server.asked) == 1


def test_one_key_is_held_once_at_a_time_and_others_meanwhile() -> None:
    keys = ExclusiveKey()
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with keys.held("k", lambda: None):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(5)]
    with keys.held("another", lambda: None):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == [1] * 5


def test_a_wait_for_a_key_ends_when_told() -> None:
    def halt() -> None:
        raise NoMoreCallsError("stopped")

    keys = ExclusiveKey()
    with keys.held("k", lambda: None), pytest.raises(NoMoreCallsError), keys.held("k", halt):
        pass
    with keys.held("k", halt):
        pass
