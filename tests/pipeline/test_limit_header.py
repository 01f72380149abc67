import pytest

from pipeline.limit_header import HeaderLimit, read_limits, read_named_limit, read_wait

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
