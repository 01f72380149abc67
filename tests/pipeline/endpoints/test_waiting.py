import re
import threading
import time

import pytest

from pipeline.endpoints.waiting import Backoff, FinalErrors, InterruptibleClock
from pipeline.errors import BudgetError, NoMoreCallsError, QuotaError
from tests.support.endpoints import InstantClock


def test_waits_grow_and_then_it_gives_up() -> None:
    longest = [0.0] * 5
    for _ in range(300):
        backoff = Backoff(6, first=1.0, longest=8.0)
        waits = [backoff.next() for _ in range(6)]
        assert waits[-1] is None
        for number, wait in enumerate(waits[:-1]):
            assert wait is not None
            longest[number] = max(longest[number], wait)
    assert [round(each) for each in longest] == [1, 2, 4, 8, 8]


def test_waits_are_drawn_anew_so_that_calls_do_not_meet_again() -> None:
    assert len({Backoff(2).next() for _ in range(20)}) > 10


def test_one_attempt_is_the_last() -> None:
    assert Backoff(1).next() is None


def test_the_first_error_is_given_to_all_that_come_after() -> None:
    errors = FinalErrors(InstantClock())
    errors.remember(BudgetError("first"))
    errors.remember(BudgetError("second"))
    for model in ("m", "n"):
        with pytest.raises(BudgetError, match="first"):
            errors.check(model)


def test_a_quota_ends_calls_to_its_own_model_until_it_is_given_anew() -> None:
    clock = InstantClock()
    errors = FinalErrors(clock)
    errors.remember(QuotaError("used up"), "m", 60)
    errors.check("n")
    with pytest.raises(QuotaError):
        errors.check("m")
    clock.wait(61)
    errors.check("m")
    errors.remember(QuotaError("again"), "m", 60)
    with pytest.raises(QuotaError, match="again"):
        errors.check("m")


def test_a_stopped_clock_ends_everything() -> None:
    clock = InstantClock()
    clock.stop()
    with pytest.raises(NoMoreCallsError):
        FinalErrors(clock).check("m")


def test_stopping_wakes_what_waits() -> None:
    clock = InterruptibleClock()
    threading.Timer(0.05, clock.stop).start()
    begun = time.monotonic()
    with pytest.raises(NoMoreCallsError, match="run the same command to go on"):
        clock.wait(60)
    assert time.monotonic() - begun < 10


def test_after_stopping_every_wait_fails_at_once() -> None:
    clock = InterruptibleClock()
    clock.check()
    clock.stop()
    with pytest.raises(NoMoreCallsError):
        clock.wait(0)


def test_a_moment_of_another_day_is_told_with_its_date() -> None:
    clock = InterruptibleClock()
    assert re.fullmatch(r"\d\d:\d\d on \d{4}-\d\d-\d\d", clock.after(2 * 86_400))
    assert re.match(r"\d\d:\d\d", clock.after(0))
