import json
import threading
import time
from typing import Any

import httpx
import pytest

from pipeline.endpoints.endpoint import endpoint_at
from pipeline.endpoints.wire import DONE, Wire, assemble, disassemble, read_chunks, write_event
from tests.support.endpoints import KEY, Line, completion, said, scripted, words


def test_a_completion_survives_being_taken_apart_and_put_together() -> None:
    body = completion("Paris, of course.")
    assert assemble(disassemble(body)) == body


def test_calls_of_tools_survive_too() -> None:
    function = {"name": "Verdict", "arguments": '{"verdict": 1}'}
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }
    body = completion()
    body["choices"][0] |= {"message": message, "finish_reason": "tool_calls"}
    assert assemble(disassemble(body)) == body


def test_a_streamed_completion_equals_one_sent_whole() -> None:
    assert assemble(words("Par", "is.")) == completion(x_groq={"id": "req_1"})


def test_parts_of_a_tool_s_arguments_are_joined() -> None:
    def part(**function: str) -> dict[str, Any]:
        calls = [{"index": 0, "function": function}]
        return {"choices": [{"index": 0, "delta": {"tool_calls": calls}}]}

    body = assemble([part(name="Verdict", arguments='{"ver'), part(arguments='dict": 1}')])
    (call,) = body["choices"][0]["message"]["tool_calls"]
    assert call["function"] == {"name": "Verdict", "arguments": '{"verdict": 1}'}


CHAT = "/openai/v1/chat/completions"


def sent(body: bytes) -> list[dict[str, Any] | None]:
    """Return the chunks of a stream that came over the wire."""
    with scripted(Line(body=body)) as server:
        wire = Wire(endpoint_at("groq", server.environ()))
        with wire.post(CHAT, {}) as response:
            chunks = list(read_chunks(wire.events(response)))
        wire.close()
    return chunks


@pytest.mark.parametrize("text", [" 月", "a\u2028b\x85c\x0bd"])
def test_events_are_read_until_the_end_mark(text: str) -> None:
    chunks = words("naïve", text)
    assert sent(b"".join(map(write_event, chunks)) + DONE + b"data: {}") == [*chunks, None]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_comments_and_an_end_mark_without_its_empty_line_are_understood(end: str) -> None:
    lines = [": keep alive", "", "id: 7", "", 'data: {"a":', "data: 1}", "", "data: [DONE]"]
    assert sent(end.join(lines).encode()) == [{"a": 1}, None]


def test_a_cut_stream_has_no_end_mark() -> None:
    assert sent(b"data: {}\n\n") == [{}]


@pytest.mark.parametrize("data", ['{"half', "[1]"])
def test_half_an_event_is_an_error(data: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        list(read_chunks([data]))


def test_non_ascii_is_sent_as_it_is() -> None:
    assert json.loads(write_event({"text": "月"}).removeprefix(b"data: ")) == {"text": "月"}


def test_the_key_goes_out_and_does_not_come_back() -> None:
    with scripted(said(completion(f"Your key is {KEY}."))) as server:
        wire = Wire(endpoint_at("groq", server.environ()))
        with wire.post(CHAT, {"model": "m"}) as response:
            content = wire.read(response)
        wire.close()
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.asked[0].path == CHAT
    assert KEY.encode() not in content
    assert b"Your key is ***." in content


def test_the_events_of_a_stream_do_not_hold_the_key() -> None:
    assert sent(f'data: {{"x": "{KEY}"}}\n\n'.encode()) == [{"x": "***"}]


def test_a_server_without_a_key_is_sent_none() -> None:
    with scripted() as server:
        wire = Wire(endpoint_at("openai", {"OPENAI_BASE_URL": f"{server.url}/v1"}))
        with wire.post("/chat/completions", {}) as response:
            wire.read(response)
        wire.close()
    assert "authorization" not in server.asked[0].headers
    assert server.asked[0].path == "/v1/chat/completions"


def test_silence_in_the_middle_of_a_body_is_noticed() -> None:
    with scripted(Line(body=b"x" * 100, broken="stall")) as server:
        wire = Wire(endpoint_at("groq", server.environ(WINNOW_MODEL_SECONDS="0.1")))
        with pytest.raises(httpx.ReadTimeout), wire.post(CHAT, {}) as response:
            wire.read(response)
        wire.close()


def test_closing_wakes_a_thread_that_waits_for_bytes() -> None:
    with scripted(Line(body=b"x" * 100, broken="stall")) as server:
        wire = Wire(endpoint_at("groq", server.environ()))
        threading.Timer(0.15, wire.close).start()
        begun = time.monotonic()
        with pytest.raises(httpx.HTTPError), wire.post(CHAT, {}) as response:
            wire.read(response)
        assert time.monotonic() - begun < 5
