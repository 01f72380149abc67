from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from pipeline.endpoints.limits import (
    HeaderLimit,
    LimitMemory,
    read_duration,
    read_limits,
    read_named_limit,
    read_retry_after,
    read_wait,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7.66s", 7.66),
        ("2m59.56s", 179.56),
        ("14m24s", 864.0),
        ("1h2m", 3720.0),
        ("1d", 86_400.0),
        ("120ms", 0.12),
        ("20", 20.0),
        ("0.1", 0.1),
        ("1m0ms", 60.0),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert read_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "-1", "5 minutes", "m", "1e3", "nan"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert read_duration(text) is None


def test_a_retry_after_may_be_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert read_retry_after(moment) == pytest.approx(90, abs=5)
    assert read_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert read_retry_after("whenever") is None


TPD = (
    "Rate limit reached for model `llama-3.3-70b-versatile` in organization `org_1` service tier "
    "`on_demand` on tokens per day (TPD): Limit 100000, Used 99900, Requested 1500. Please try "
    "again in 14m24s. Need more tokens? Upgrade to Dev Tier today."
)


def test_groqs_headers_are_read() -> None:
    headers = {
        "x-ratelimit-limit-requests": "14400",
        "x-ratelimit-remaining-requests": "14370",
        "x-ratelimit-reset-requests": "2m59.56s",
        "x-ratelimit-limit-tokens": "18000",
        "x-ratelimit-remaining-tokens": "17997",
        "x-ratelimit-reset-tokens": "10ms",
    }
    limits = read_limits(headers)
    assert limits["requests"] == HeaderLimit(14_400, 14_370, 179.56)
    assert (limits["requests"].period, limits["tokens"].period) == (86_400.0, 60.0)


def test_what_is_missing_or_no_number_is_left_out() -> None:
    assert read_limits({}) == {}
    assert read_limits({"x-ratelimit-limit-tokens": "many"}) == {}


def test_of_an_untouched_limit_the_period_is_not_known() -> None:
    assert HeaderLimit(30, 30, 0.0).period is None


@pytest.mark.parametrize(
    ("message", "kind", "period", "limit", "of_a_day"),
    [
        (TPD, "tokens", 86_400.0, 100_000, True),
        ("on requests per day (RPD): Limit 1000, Used 1000", "requests", 86_400.0, 1000, True),
        ("on requests per minute (RPM): Limit 30, Used 30", "requests", 60.0, 30, False),
        ("Limit: 3 / tokens per minute", "tokens", 60.0, None, False),
    ],
)
def test_the_limit_that_a_refusal_names_is_read(
    message: str, kind: str, period: float, limit: int | None, of_a_day: bool
) -> None:
    named = read_named_limit(message)
    assert named is not None
    assert (named.kind, named.period, named.limit) == (kind, period, limit)
    assert named.of_a_day == of_a_day


def test_a_refusal_may_name_no_limit() -> None:
    assert read_named_limit("Too many requests.") is None


def test_headers_say_how_long_to_wait_before_the_message_does() -> None:
    assert read_wait({"retry-after": "3", "retry-after-ms": "1500"}, TPD) == 1.5
    assert read_wait({"retry-after": "3"}, TPD) == 3.0
    assert read_wait({}, TPD) == 864.0
    assert read_wait({}, "Too many requests.") is None


def test_limits_are_known_to_the_next_run(tmp_path: Path) -> None:
    LimitMemory(tmp_path, "https://one.example").note("m", {("tokens", 60.0): 6000})
    memory = LimitMemory(tmp_path, "https://one.example")
    memory.note("m", {("requests", 60.0): 30})
    assert memory.read("m") == {("tokens", 60.0): 6000, ("requests", 60.0): 30}
    assert memory.read("another") == {}
    assert LimitMemory(tmp_path, "https://two.example").read("m") == {}


def test_a_broken_file_is_as_none(tmp_path: Path) -> None:
    memory = LimitMemory(tmp_path, "https://one.example")
    memory.note("m", {("tokens", 60.0): 6000})
    (file,) = tmp_path.iterdir()
    for content in ("{", "[]", '{"m": 1}', '{"m": [["tokens", 0, "x"], 1]}'):
        file.write_text(content)
        assert memory.read("m") == {}
    memory.note("m", {("tokens", 1.0): 1})
    assert memory.read("m") == {("tokens", 1.0): 1}
