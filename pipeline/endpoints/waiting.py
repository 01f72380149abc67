"""InterruptibleClock: the time, and waits that end when everything is to end."""

import math
import threading
import time
from datetime import datetime, timedelta

from tenacity import RetryCallState, Retrying, stop_after_attempt, wait_random_exponential

from pipeline.errors import NoMoreCallsError


class InterruptibleClock:
    """Thread-safe; `stop` wakes every wait, and all later ones fail at once."""

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
        """Wait.

        Raises:
            NoMoreCallsError: `stop` was called.
        """
        self._stopped.wait(seconds)
        self.check()

    def check(self) -> None:
        """Go on unless `stop` was called.

        Raises:
            NoMoreCallsError: it was.
        """
        if self._stopped.is_set():
            raise NoMoreCallsError(
                "stopped; replies so far are stored: run the same command to go on"
            )

    def stop(self) -> None:
        """Wake every wait."""
        self._stopped.set()


class Halt:
    """Thread-safe; an empty model stands for all of them."""

    def __init__(self, clock: InterruptibleClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._errors: dict[str, tuple[NoMoreCallsError, float]] = {}

    def remember(self, error: NoMoreCallsError, model: str = "", seconds: float = math.inf) -> None:
        """Keep the first error, for so many seconds."""
        with self._lock:
            self._drop(model)
            self._errors.setdefault(model, (error, self._clock.now() + seconds))

    def check(self, model: str) -> None:
        """Go on unless an error is remembered.

        Raises:
            NoMoreCallsError: the one that is, as a copy with no traceback of another thread.
        """
        self._clock.check()
        with self._lock:
            for each in ("", model):
                self._drop(each)
                if each in self._errors:
                    error = self._errors[each][0]
                    raise type(error)(*error.args)

    def _drop(self, model: str) -> None:
        if model in self._errors and self._clock.now() >= self._errors[model][1]:
            del self._errors[model]


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
