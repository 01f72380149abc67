import threading
from pathlib import Path

import pytest

from pipeline.endpoints.call import Fault
from pipeline.endpoints.endpoint import Endpoint
from pipeline.endpoints.limits import HeaderLimit, LimitMemory
from pipeline.endpoints.throttle import CircuitBreaker, RateLimit, Throttle
from pipeline.endpoints.waiting import FinalErrors
from pipeline.errors import NoMoreCallsError, OutageError, QuotaError
from tests.support.endpoints import InstantClock, question

ADDRESS = "https://api.groq.com"


@pytest.fixture
def clock() -> InstantClock:
    return InstantClock()


@pytest.fixture
def throttle(clock: InstantClock, tmp_path: Path) -> Throttle:
    endpoint = Endpoint("groq", ADDRESS, "k", attempts=2, calls=1, wait=100.0)
    return Throttle(endpoint, LimitMemory(tmp_path, ADDRESS), FinalErrors(clock), clock)


def test_a_place_is_free_again_after_an_error(throttle: Throttle) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"), throttle.place(question()):
            raise ValueError("broken")


def test_who_waits_for_a_place_learns_that_calls_are_pointless(throttle: Throttle) -> None:
    errors: list[BaseException] = []

    def wait() -> None:
        try:
            with throttle.place(question("waits")):
                pass
        except NoMoreCallsError as error:
            errors.append(error)

    with throttle.place(question()):
        thread = threading.Thread(target=wait)
        thread.start()
        throttle.final(question(), QuotaError("used up"), 60)
        thread.join(5)
    assert [str(error) for error in errors] == ["used up"]


def test_a_pause_holds_all_calls_of_a_model_back(throttle: Throttle, clock: InstantClock) -> None:
    throttle.note_rate_limit(question(), Fault("status 429", 20.0, limited=True), 80.0)
    with throttle.place(question(model="another")):
        assert clock.waited == 0
    with throttle.place(question("next")):
        assert clock.waited == pytest.approx(20)


def test_a_limit_that_takes_longer_than_is_waited_is_a_quota(throttle: Throttle) -> None:
    throttle.note_headers(
        question(),
        {
            "x-ratelimit-limit-requests": "10",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "24h",
        },
    )
    with pytest.raises(QuotaError, match=r"until \d\d:\d\d"), throttle.place(question()):
        pass


def test_a_reply_between_failures_keeps_the_breaker_closed(throttle: Throttle) -> None:
    for _ in range(3):
        throttle.note_failure(question(), Fault("status 503"))
    throttle.note_reply(question(), 10)
    for _ in range(3):
        throttle.note_failure(question(), Fault("status 503"))
    with pytest.raises(OutageError):
        throttle.note_failure(question(), Fault("status 503"))
    with pytest.raises(OutageError):
        throttle.check(question("another"))


def test_a_long_rest_is_kept_by_all_calls_of_the_model(
    throttle: Throttle, clock: InstantClock
) -> None:
    with pytest.raises(OutageError, match="left alone until"):
        throttle.note_failure(question(), Fault("status 503", 3600.0))
    with pytest.raises(OutageError, match="left alone until"):
        throttle.check(question("another"))
    clock.wait(3601)
    throttle.check(question())


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_too_many_failures_in_a_row_end_all_calls() -> None:
    breaker = CircuitBreaker("http://host", 3, Clock())
    for _ in range(2):
        breaker.failed("status 503")
        breaker.check()
    with pytest.raises(OutageError, match=r"http://host failed 3 times in a row \(status 503\)"):
        breaker.failed("status 503")
    with pytest.raises(OutageError):
        breaker.check()


def test_after_a_rest_one_call_may_try_and_one_failure_is_enough() -> None:
    clock = Clock()
    breaker = CircuitBreaker("http://host", 2, clock)
    breaker.failed("status 503")
    with pytest.raises(OutageError):
        breaker.failed("status 503")
    clock.seconds += 61
    breaker.check()
    with pytest.raises(OutageError):
        breaker.failed("status 503")
    clock.seconds += 61
    breaker.succeeded()
    breaker.failed("status 503")


@pytest.fixture
def rate_limit_clock() -> Clock:
    return Clock()


def limits(rate_limit_clock: Clock, **per_minute: int) -> RateLimit:
    return RateLimit(per_minute, rate_limit_clock)  # type: ignore[arg-type]


def test_requests_beyond_the_minute_wait_for_the_oldest_to_be_a_minute_past(
    rate_limit_clock: Clock,
) -> None:
    rate = limits(rate_limit_clock, requests=2)
    assert rate.take(1) == 0
    rate_limit_clock.seconds = 10
    assert rate.take(1) == 0
    assert rate.take(1) == 50
    rate_limit_clock.seconds = 60
    assert rate.take(1) == 0
    assert rate.take(1) == 10


def test_tokens_beyond_the_minute_wait(rate_limit_clock: Clock) -> None:
    rate = limits(rate_limit_clock, tokens=1000)
    assert rate.take(700) == 0
    assert rate.take(400) == 60
    assert rate.take(300) == 0


def test_what_a_call_used_in_the_end_counts(rate_limit_clock: Clock) -> None:
    rate = limits(rate_limit_clock, tokens=1000)
    assert rate.take(700) == 0
    rate.settle(700, 100)
    assert rate.take(900) == 0


def test_a_call_larger_than_the_limit_waits_until_all_of_it_is_there(
    rate_limit_clock: Clock,
) -> None:
    rate = limits(rate_limit_clock, tokens=1000)
    assert rate.take(10) == 0
    assert rate.take(5000) == 60
    rate_limit_clock.seconds = 60
    assert rate.take(5000) == 0


def test_a_call_waits_when_fewer_tokens_remain_than_it_may_take(rate_limit_clock: Clock) -> None:
    rate = limits(rate_limit_clock)
    rate.note({"tokens": HeaderLimit(6000, 1000, 50.0)})
    assert rate.take(900) == 0
    assert rate.take(1100) == pytest.approx(10.0)
    rate_limit_clock.seconds = 10.0
    assert rate.take(1100) == 0


def test_after_a_pause_calls_go_one_by_one_until_replies_come(rate_limit_clock: Clock) -> None:
    rate = limits(rate_limit_clock)
    rate.pause(20.0)
    rate_limit_clock.seconds = 20
    assert [rate.take(1) for _ in range(3)] == [0, 1, 1]
    for _ in range(10):
        rate.settle(1, 1)
    rate_limit_clock.seconds = 21
    assert [rate.take(1) for _ in range(3)] == [0, 0, 0]
