"""CircuitBreaker: no further calls to an endpoint that failed often in a row."""

import threading
from collections.abc import Callable

from pipeline.errors import OutageError

_REST = 60.0


class CircuitBreaker:
    """Thread-safe; opens after `most` failures with no success between them.

    After a minute's rest one failure opens it again and one success closes it
    (M. Nygard, Release It!, 2018, chapter 5).
    """

    def __init__(self, where: str, most: int, now: Callable[[], float]) -> None:
        self._where = where
        self._most = most
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._last = ""
        self._rests_until = 0.0

    def check(self) -> None:
        """Go on unless the breaker is open.

        Raises:
            OutageError: it is.
        """
        with self._lock:
            if self._failures >= self._most and self._now() < self._rests_until:
                raise OutageError(
                    f"{self._where} failed {self._failures} times in a row ({self._last}); replies "
                    "so far are stored: run the same command when it is back"
                )

    def succeeded(self) -> None:
        """Note a reply."""
        with self._lock:
            self._failures = 0

    def failed(self, reason: str) -> None:
        """Note a failed attempt.

        Raises:
            OutageError: it was one too many.
        """
        with self._lock:
            self._failures += 1
            self._last = reason
            self._rests_until = self._now() + _REST
        self.check()
