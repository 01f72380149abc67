import socket
from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.attempt import attempt
from pipeline.endpoint import endpoint_at
from pipeline.endpoint_fault import Fault
from pipeline.errors import PrerequisiteError
from pipeline.model_call import ModelCall
from pipeline.reply_store import StoredReply
from pipeline.wire import Wire
from tests.opened_exchange import question
from tests.scripted_endpoint import Line, completion, events, failure, said, scripted, words

Made = tuple[list[dict[str, Any]], StoredReply | Fault, list[Mapping[str, str]]]


def made(line: Line, call: ModelCall) -> Made:
    """Return the chunks, the outcome and the headers of one attempt."""
    silence = "0.2" if line.broken == "stall" else "30"
    with scripted(line) as server:
        return at(server.environ(WINNOW_MODEL_SECONDS=silence), call)


def at(environ: Mapping[str, str], call: ModelCall) -> Made:
    endpoint, noted = endpoint_at("groq", environ), list[Mapping[str, str]]()
    wire = Wire(endpoint)
    chunks, steps = [], attempt(endpoint, wire, call, noted.append)
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
