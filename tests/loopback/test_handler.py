"""Each fault is seen by a plain client as what it is, and the same request then succeeds."""

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest

from tests.loopback.behaviour import FAULTS
from tests.loopback.fixture import LoopbackServer, serving

PATH = "/openai/v1/chat/completions"


def ask(server: LoopbackServer, patience: float = 10.0, **more: Any) -> httpx.Response:
    body = {"model": "any", "messages": [{"role": "user", "content": "What?"}], **more}
    return httpx.post(server.url + PATH, json=body, timeout=patience)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("kind", ["429", "500", "502", "503"])
def test_a_faulty_status_then_a_reply(loopback: LoopbackServer, kind: str, streamed: bool) -> None:
    loopback.control(faults=1.0, fault_kinds=[kind], retry_after=0.05)
    failed = ask(loopback, stream=streamed)
    assert str(failed.status_code) == kind
    assert failed.headers.get("retry-after") == ("0.05" if kind == "429" else None)
    assert ask(loopback, stream=streamed).status_code == 200
    assert loopback.counts()["outcomes"] == {kind: 1, "200": 1}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("kind", ["stall", "silence"])
def test_silence_within_a_reply_or_before_it(
    loopback: LoopbackServer, kind: str, streamed: bool
) -> None:
    loopback.control(faults=1.0, fault_kinds=[kind])
    with pytest.raises(httpx.ReadTimeout):
        ask(loopback, 0.2, stream=streamed)
    assert ask(loopback, stream=streamed).status_code == 200
    assert loopback.counts()["outcomes"] == {kind: 1, "200": 1}


@pytest.mark.parametrize("streamed", [False, True])
def test_a_connection_cut_within_a_reply(loopback: LoopbackServer, streamed: bool) -> None:
    loopback.control(faults=1.0, fault_kinds=["cut"])
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete|without sending"):
        ask(loopback, stream=streamed)
    assert ask(loopback, stream=streamed).status_code == 200


def test_half_a_body_that_looks_whole(loopback: LoopbackServer) -> None:
    loopback.control(faults=1.0, fault_kinds=["half"])
    half = ask(loopback)
    assert half.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        half.json()
    assert ask(loopback).json()["choices"]


def test_half_an_event_at_the_end_of_a_stream(loopback: LoopbackServer) -> None:
    loopback.control(faults=1.0, fault_kinds=["half"])
    half = ask(loopback, stream=True)
    assert half.status_code == 200
    assert "[DONE]" not in half.text
    assert not half.text.endswith("\n\n")
    assert ask(loopback, stream=True).text.endswith("data: [DONE]\n\n")


def test_a_fifth_of_the_calls_meets_faults_of_all_kinds_alike() -> None:
    with serving(faults=0.2, seed=3, stall=0.0) as server, httpx.Client() as client:
        for number in range(350):
            message = {"role": "user", "content": f"What about {number}?"}
            body = {"model": "any", "messages": [message]}
            for _ in range(2):
                with suppress(httpx.HTTPError, ValueError):
                    if client.post(server.url + PATH, json=body).json().get("choices"):
                        break
        counts = server.counts()
    met = [counts["outcomes"][kind] for kind in FAULTS]
    assert max(met) - min(met) <= 1
    assert sum(met) / 350 == pytest.approx(0.2, abs=0.05)
    assert counts["distinct"] == counts["replies"] == 350
    assert set(counts["answered"].values()) == {1}


def test_faults_without_end_never_answer(loopback: LoopbackServer) -> None:
    loopback.control(faults=1.0, fault_kinds=["503"], fault_run=0)
    assert [ask(loopback).status_code for _ in range(5)] == [503] * 5


def test_it_is_told_by_post_and_counted_by_get(loopback: LoopbackServer) -> None:
    control = loopback.url + "/_control"
    told = httpx.post(control, json={"answers": "bad", "fault_kinds": ["cut"]})
    assert told.json()["answers"] == loopback.behaviour.answers == "bad"
    for wrong in ({"anwsers": "bad"}, {"answers": "awful"}, {"fault_kinds": ["flood"]}):
        assert httpx.post(control, json=wrong).status_code == 400
    ask(loopback)
    ask(loopback, stream=True)
    counts = httpx.get(loopback.url + "/_counts").json()
    assert (counts["calls"], counts["replies"], counts["distinct"]) == (2, 2, 1)
    assert list(counts["answered"].values()) == [2]
    assert counts["paths"] == {PATH: 2}
    httpx.post(control, json={"reset": True})
    assert loopback.counts()["calls"] == 0


def test_an_unknown_path_and_a_broken_body_are_refused(loopback: LoopbackServer) -> None:
    assert httpx.post(loopback.url + "/v1/audio", json={}).status_code == 404
    assert httpx.post(loopback.url + PATH, content=b"{").status_code == 400
    assert httpx.post(loopback.url + PATH, json={"model": "any"}).status_code == 400


def test_closing_ends_a_stalled_call() -> None:
    with serving(faults=1.0, fault_kinds=("silence",)) as server, httpx.Client() as client:
        body = {"model": "any", "messages": [{"role": "user", "content": "What?"}]}
        with pytest.raises(httpx.ReadTimeout):
            client.post(server.url + PATH, json=body, timeout=0.05)
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url + "/_counts")
