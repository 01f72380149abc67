import pytest

from pipeline.limit_header import HeaderLimit
from pipeline.rate_limit import RateLimit


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limits(clock: Clock, requests: int | None = None, tokens: int | None = None) -> RateLimit:
    return RateLimit({"requests": requests, "tokens": tokens}, clock)


def test_requests_beyond_the_minute_wait_for_the_oldest_to_be_a_minute_past(clock: Clock) -> None:
    rate = limits(clock, requests=2)
    assert rate.take(1) == 0
    clock.seconds = 10
    assert rate.take(1) == 0
    assert rate.take(1) == 50
    clock.seconds = 60
    assert rate.take(1) == 0
    assert rate.take(1) == 10


def test_tokens_beyond_the_minute_wait(clock: Clock) -> None:
    rate = limits(clock, tokens=1000)
    assert rate.take(700) == 0
    assert rate.take(400) == 60
    assert rate.take(300) == 0


def test_what_a_call_used_in_the_end_counts(clock: Clock) -> None:
    rate = limits(clock, tokens=1000)
    assert rate.take(700) == 0
    rate.settle(700, 100)
    assert rate.take(900) == 0


def test_a_call_larger_than_the_limit_waits_until_all_of_it_is_there(clock: Clock) -> None:
    rate = limits(clock, tokens=1000)
    assert rate.take(10) == 0
    assert rate.take(5000) == 60
    clock.seconds = 60
    assert rate.take(5000) == 0


def test_a_call_waits_when_fewer_tokens_remain_than_it_may_take(clock: Clock) -> None:
    rate = limits(clock)
    rate.note({"tokens": HeaderLimit(6000, 1000, 50.0)})
    assert rate.take(900) == 0
    assert rate.take(1100) == pytest.approx(10.0)
    clock.seconds = 10.0
    assert rate.take(1100) == 0


def test_a_pause_that_was_asked_for_holds_for_all_calls(clock: Clock) -> None:
    rate = limits(clock)
    rate.pause(20.0)
    assert rate.take(1) == 20
    clock.seconds = 20
    assert rate.take(1) == 0


def test_after_a_pause_calls_go_one_by_one_until_replies_come(clock: Clock) -> None:
    rate = limits(clock)
    rate.pause(20.0)
    clock.seconds = 20
    assert [rate.take(1) for _ in range(3)] == [0, 1, 1]
    for _ in range(10):
        rate.settle(1, 1)
    clock.seconds = 21
    assert [rate.take(1) for _ in range(3)] == [0, 0, 0]
