"""A clock whose waits take no time."""

import threading

from pipeline.interruptible_clock import InterruptibleClock


class InstantClock(InterruptibleClock):
    """`waited` is the sum of all waits, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self.waited = 0.0

    def now(self) -> float:
        return 1000.0 + self.waited

    def wait(self, seconds: float) -> None:
        with self._lock:
            self.waited += seconds
        super().wait(0)
