"""InterruptibleClock: the time, and waits that end when everything is to end."""

import threading
import time
from datetime import datetime, timedelta

from pipeline.errors import HaltError


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
            HaltError: `stop` was called.
        """
        self._stopped.wait(seconds)
        self.check()

    def check(self) -> None:
        """Go on unless `stop` was called.

        Raises:
            HaltError: it was.
        """
        if self._stopped.is_set():
            raise HaltError("stopped; replies so far are stored: run the same command to go on")

    def stop(self) -> None:
        """Wake every wait."""
        self._stopped.set()
