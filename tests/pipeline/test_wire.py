import threading
import time

import httpx
import pytest

from pipeline.endpoint import endpoint_at
from pipeline.wire import Wire
from tests.scripted_endpoint import KEY, Line, completion, said, scripted

CHAT = "/openai/v1/chat/completions"


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


def test_the_lines_of_a_stream_do_not_hold_the_key() -> None:
    with scripted(Line(body=f"data: {KEY}\n\n".encode())) as server:
        wire = Wire(endpoint_at("groq", server.environ()))
        with wire.post(CHAT, {}) as response:
            assert list(wire.lines(response)) == ["data: ***", ""]
        wire.close()


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
