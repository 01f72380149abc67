"""Stop signals: what lets one open page end the question that it is asking."""

import threading


class StopSignals:
    """One signal for each page, by its session, for as long as it is asking; thread-safe."""

    def __init__(self) -> None:
        """Hold no signal yet."""
        self._signals: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def begin(self, page: str) -> threading.Event:
        """Return a signal of the question that a page begins to ask."""
        signal = threading.Event()
        with self._lock:
            self._signals[page] = signal
        return signal

    def stop(self, page: str) -> None:
        """Set the signal of what a page is asking, if it is."""
        with self._lock:
            signal = self._signals.get(page)
        if signal is not None:
            signal.set()

    def end(self, page: str, signal: threading.Event) -> None:
        """Forget a signal, unless the page has begun another question since."""
        with self._lock:
            if self._signals.get(page) is signal:
                del self._signals[page]
