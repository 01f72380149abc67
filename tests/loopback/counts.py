"""Counts: what the server was asked and what it gave."""

import threading
from collections import Counter, deque
from typing import Any

from tests.loopback.call import Call

_KEPT = 20_000


class Counts:
    """Thread-safe; `calls` are requests, `replies` those of them that were answered whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self._paths: Counter[str] = Counter()
            self._outcomes: Counter[str] = Counter()
            self._asked: Counter[str] = Counter()
            self._answered: Counter[str] = Counter()
            self._tokens = 0
            self._open = 0
            self._most_open = 0
            self._calls: deque[Call] = deque(maxlen=_KEPT)

    def begin(self, call: Call) -> None:
        with self._lock:
            self._paths[call.path] += 1
            self._asked[call.digest] += 1
            self._open += 1
            self._most_open = max(self._most_open, self._open)
            self._calls.append(call)

    def end(self, call: Call, outcome: str, tokens: int = 0) -> None:
        """Note what became of a call: a status, or the fault that ended it."""
        with self._lock:
            self._open -= 1
            self._outcomes[outcome] += 1
            if outcome == "200":
                self._answered[call.digest] += 1
                self._tokens += tokens

    def lose(self, call: Call, outcome: str) -> None:
        """Take an outcome back, as the client went away before all was written."""
        with self._lock:
            self._outcomes[outcome] -= 1
            self._outcomes["gone"] += 1
            if outcome == "200":
                self._answered[call.digest] -= 1

    def answered(self, call: Call) -> int:
        """Return how often this request was answered whole before."""
        with self._lock:
            return self._answered[call.digest]

    @property
    def replies(self) -> int:
        with self._lock:
            return self._outcomes["200"]

    @property
    def calls(self) -> list[Call]:
        """The latest requests, oldest first."""
        with self._lock:
            return list(self._calls)

    def report(self) -> dict[str, Any]:
        """Return all counts as JSON knows them; `distinct` requests are told apart by content."""
        with self._lock:
            return {
                "calls": sum(self._paths.values()),
                "replies": self._outcomes["200"],
                "tokens": self._tokens,
                "most_open": self._most_open,
                "distinct": len(self._asked),
                "paths": dict(self._paths),
                "outcomes": dict(self._outcomes),
                "asked": dict(self._asked),
                "answered": dict(self._answered),
            }
