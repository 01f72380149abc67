import pytest

from pipeline.circuit_breaker import CircuitBreaker
from pipeline.errors import OutageError


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


def test_a_success_between_failures_starts_the_count_anew() -> None:
    breaker = CircuitBreaker("http://host", 2, Clock())
    for _ in range(5):
        breaker.failed("status 503")
        breaker.succeeded()
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
