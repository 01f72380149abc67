"""Halt: why no further call to a model makes sense, remembered for all that wait."""

import math
import threading

from pipeline.errors import HaltError
from pipeline.interruptible_clock import InterruptibleClock


class Halt:
    """Thread-safe; an empty model stands for all of them."""

    def __init__(self, clock: InterruptibleClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._errors: dict[str, tuple[HaltError, float]] = {}

    def remember(self, error: HaltError, model: str = "", seconds: float = math.inf) -> None:
        """Keep the first error, for so many seconds."""
        with self._lock:
            self._drop(model)
            self._errors.setdefault(model, (error, self._clock.now() + seconds))

    def check(self, model: str) -> None:
        """Go on unless an error is remembered.

        Raises:
            HaltError: the one that is, as a copy with no traceback of another thread.
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
