"""Limits are enforced, and a refusal says when to go on."""

import time
from typing import Any

import httpx

from tests.loopback.fixture import LoopbackServer
from tests.loopback.limits import duration

PATHS = {"groq": "/openai/v1/chat/completions", "openai": "/v1/chat/completions"}


def ask(server: LoopbackServer, content: str = "What?", by: str = "groq") -> httpx.Response:
    body: dict[str, Any] = {"model": "any", "messages": [{"role": "user", "content": content}]}
    return httpx.post(server.url + PATHS[by], json=body)


def test_requests_a_minute_are_refused_until_there_is_room(loopback: LoopbackServer) -> None:
    loopback.control(requests_per_minute=2, minute=1.6)
    assert [ask(loopback).status_code for _ in range(2)] == [200, 200]
    refused = ask(loopback)
    assert refused.status_code == 429
    assert "requests per minute (RPM): Limit 2" in refused.json()["error"]["message"]
    wait = float(refused.headers["retry-after"])
    assert 0.05 < wait <= 0.8
    time.sleep(wait + 0.02)
    assert ask(loopback).status_code == 200


def test_tokens_a_minute_are_refused_and_counted_in_the_headers(loopback: LoopbackServer) -> None:
    loopback.control(tokens_per_minute=100)
    first = ask(loopback, "word " * 40)
    assert int(first.headers["x-ratelimit-limit-tokens"]) == 100
    assert 10 < int(first.headers["x-ratelimit-remaining-tokens"]) < 50
    refused = ask(loopback, "term " * 40)
    assert refused.status_code == 429
    assert refused.json()["error"]["type"] == "tokens"
    assert float(refused.headers["retry-after"]) > 1


def test_a_prompt_above_a_minutes_tokens_is_too_large_at_any_time(
    loopback: LoopbackServer,
) -> None:
    loopback.control(tokens_per_minute=100)
    refused = ask(loopback, "word " * 200)
    assert refused.status_code == 413
    assert "Request too large" in refused.json()["error"]["message"]


def test_a_days_quota_ends_after_that_many_replies(loopback: LoopbackServer) -> None:
    loopback.control(quota=2)
    assert [ask(loopback).status_code for _ in range(3)] == [200, 200, 429]
    refused = ask(loopback)
    assert refused.headers["retry-after"] == "864.5"
    message = refused.json()["error"]["message"]
    assert "tokens per day (TPD)" in message
    assert "Please try again in 14m24.5s." in message
    loopback.control(quota=None)
    assert ask(loopback).status_code == 200


def test_groq_counts_requests_by_day_and_openai_by_minute(loopback: LoopbackServer) -> None:
    loopback.control(requests_per_minute=30)
    assert ask(loopback).headers["x-ratelimit-limit-requests"] == "10000000"
    assert ask(loopback, by="openai").headers["x-ratelimit-limit-requests"] == "30"


def test_durations_are_written_as_the_headers_write_them() -> None:
    assert [duration(value) for value in (0.12, 7.66, 179.56, 864.5, 0)] == [
        "120ms",
        "7.66s",
        "2m59.56s",
        "14m24.5s",
        "0ms",
    ]
