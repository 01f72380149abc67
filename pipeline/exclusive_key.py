"""ExclusiveKey: of those who want the same thing at once, one after the other."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SLICE = 0.1


class ExclusiveKey:
    """Thread-safe; a lock per key, kept only while somebody wants it."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._held: set[str] = set()

    @contextmanager
    def held(self, key: str, check: Callable[[], None]) -> Iterator[None]:
        """Hold a key; `check` is called while another holds it, and raises to end the wait."""
        with self._free:
            while key in self._held:
                self._free.wait(_SLICE)
                check()
            self._held.add(key)
        try:
            yield
        finally:
            with self._free:
                self._held.discard(key)
                self._free.notify_all()
