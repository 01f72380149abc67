"""Waits that end when everything is to end, and the errors that end all further calls."""

import math
import threading
import time
from datetime import datetime, timedelta

from tenacity import RetryCallState, Retrying, stop_after_attempt, wait_random_exponential

from pipeline.errors import NoMoreCallsError


class InterruptibleClock:
    """Thread-safe; `stop` wakes every wait, which raises NoMoreCallsError as all later ones do."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def after(self, seconds: float) -> str:
        """Return the local time in so many seconds, as `15:40`, with its day unless today."""
        # Rounded up: a minute too early would be refused again.
        present = datetime.now().astimezone()
        moment = present + timedelta(seconds=seconds + 59)
        return moment.strftime("%H:%M" if moment.date() == present.date() else "%H:%M on %Y-%m-%d")

    def wait(self, seconds: float) -> None:
        """Wait so many seconds."""
        self._stopped.wait(seconds)
        self.check()

    def check(self) -> None:
        """Go on unless `stop` was called."""
        if self._stopped.is_set():
            raise NoMoreCallsError(
                "stopped; replies so far are stored: run the same command to go on"
            )

    def stop(self) -> None:
        """Wake every wait."""
        self._stopped.set()


class FinalErrors:
    """Thread-safe; errors that end all further calls to a model, or to all where it is empty."""

    def __init__(self, clock: InterruptibleClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._errors: dict[str, tuple[NoMoreCallsError, float]] = {}

    def remember(self, error: NoMoreCallsError, model: str = "", seconds: float = math.inf) -> None:
        """Keep the first error, for so many seconds."""
        with self._lock:
            if self._current(model) is None:
                self._errors[model] = (error, self._clock.now() + seconds)

    def check(self, model: str) -> None:
        """Go on, or raise the error that is remembered, without another thread's traceback."""
        self._clock.check()
        with self._lock:
            error = self._current("") or self._current(model)
        if error is not None:
            raise type(error)(*error.args)

    def _current(self, model: str) -> NoMoreCallsError | None:
        error, until = self._errors.get(model, (None, -math.inf))
        return error if self._clock.now() < until else None


class Backoff:
    """Exponential waits with full jitter, for one call.

    Only tenacity's strategies are used: its loop counts by thread, and a stream may be driven by
    several. Full jitter: M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.
    """

    def __init__(self, attempts: int, *, first: float = 0.5, longest: float = 30.0) -> None:
        self._state = RetryCallState(Retrying(), None, (), {})
        self._stop = stop_after_attempt(attempts)
        self._wait = wait_random_exponential(multiplier=first, max=longest)

    def next(self) -> float | None:
        """Count a failed attempt; return the seconds to wait, or None when it was the last."""
        if self._stop(self._state):
            return None
        seconds = float(self._wait(self._state))
        self._state.prepare_for_next_attempt()
        return seconds
