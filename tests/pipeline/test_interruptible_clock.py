import re
import threading
import time

import pytest

from pipeline.errors import HaltError
from pipeline.interruptible_clock import InterruptibleClock


def test_stopping_wakes_what_waits() -> None:
    clock = InterruptibleClock()
    threading.Timer(0.05, clock.stop).start()
    begun = time.monotonic()
    with pytest.raises(HaltError, match="run the same command to go on"):
        clock.wait(60)
    assert time.monotonic() - begun < 10


def test_after_stopping_every_wait_fails_at_once() -> None:
    clock = InterruptibleClock()
    clock.check()
    clock.stop()
    with pytest.raises(HaltError):
        clock.wait(0)


def test_a_moment_of_another_day_is_told_with_its_date() -> None:
    clock = InterruptibleClock()
    assert re.fullmatch(r"\d\d:\d\d on \d{4}-\d\d-\d\d", clock.after(2 * 86_400))
    assert re.match(r"\d\d:\d\d", clock.after(0))
