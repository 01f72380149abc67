"""RateLimit: how long a call must wait, so that a model's limits are not overrun."""

import threading
from collections import deque
from collections.abc import Callable, Mapping

from pipeline.limit_header import KINDS, HeaderLimit, Kind

_LEAST_SPACING = 0.01
_MOST_SPACING = 1.0


class Window:
    """At most `limit` in any `period` seconds, whenever the endpoint counts anew."""

    def __init__(self, limit: int, period: float) -> None:
        self.limit = limit
        self.period = period
        self._taken: deque[tuple[float, int]] = deque()

    def wait(self, amount: int, now: float) -> float:
        """Return the seconds until so much may be taken; more than the limit counts as it."""
        while self._taken and self._taken[0][0] <= now - self.period:
            self._taken.popleft()
        lacking = sum(taken for _, taken in self._taken) + min(amount, self.limit) - self.limit
        for moment, taken in self._taken if lacking > 0 else ():
            lacking -= taken
            if lacking <= 0:
                return moment + self.period - now
        return 0.0

    def take(self, amount: int, now: float) -> None:
        """Count what a call takes."""
        self._taken.append((now, amount))

    def settle(self, amount: int, used: int) -> None:
        """Count, for the latest call of such an amount, what it used in the end."""
        for row in reversed(range(len(self._taken))):
            if self._taken[row][1] == amount:
                self._taken[row] = self._taken[row][0], used
                return


class Allowance:
    """What the endpoint said is left, given back steadily until it is whole again."""

    def __init__(self, said: HeaderLimit, now: float) -> None:
        self._limit = said.limit
        self._left = float(said.remaining)
        self._rate = (said.limit - said.remaining) / said.reset if said.reset > 0 else 0.0
        self._at = now

    def wait(self, amount: int, now: float) -> float:
        """Return the seconds until so much may be taken; more than the limit counts as it."""
        lacking = min(amount, self._limit) - self._left - self._rate * (now - self._at)
        return lacking / self._rate if lacking > 0 and self._rate > 0 else 0.0

    def take(self, amount: int, now: float) -> None:
        """Count what a call takes."""
        self._left = min(self._limit, self._left + self._rate * (now - self._at)) - amount
        self._at = now


class RateLimit:
    """Thread-safe; one model's limits: the environment's, and those that its replies name."""

    def __init__(self, per_minute: Mapping[Kind, int | None], now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._windows = {kind: Window(most, 60.0) for kind, most in per_minute.items() if most}
        self._allowances: dict[Kind, Allowance] = {}
        self._paused_until = now()
        self._spacing = 0.0

    def take(self, tokens: int) -> float:
        """Count a call of so many tokens and return 0, or return the seconds to wait first."""
        amounts: dict[Kind, int] = {"requests": 1, "tokens": tokens}
        with self._lock:
            now = self._now()
            waits = [self._paused_until - now]
            gates = [(kind, each) for kind in KINDS for each in self._gates(kind)]
            waits += [gate.wait(amounts[kind], now) for kind, gate in gates]
            if max(waits) > 0:
                return max(waits)
            for kind, gate in gates:
                gate.take(amounts[kind], now)
            self._paused_until = now + self._spacing
            return 0.0

    def settle(self, tokens: int, used: int) -> None:
        """Count what a call of so many tokens used in the end."""
        with self._lock:
            self._spacing = self._spacing / 2 if self._spacing > _LEAST_SPACING else 0.0
            if "tokens" in self._windows:
                self._windows["tokens"].settle(tokens, used)

    def note(self, limits: Mapping[Kind, HeaderLimit]) -> None:
        """Take over what a reply's headers say is left."""
        with self._lock:
            now = self._now()
            self._allowances.update({kind: Allowance(limits[kind], now) for kind in limits})

    def pause(self, seconds: float) -> None:
        """Let no call go for so many seconds, and then one after the other.

        Those that waited would else go at once, and all but one be refused again. Each reply
        halves the time between calls.
        """
        with self._lock:
            self._spacing = min(max(seconds, _LEAST_SPACING), _MOST_SPACING)
            self._paused_until = max(self._paused_until, self._now() + seconds)

    def _gates(self, kind: Kind) -> list[Window | Allowance]:
        return [gates[kind] for gates in (self._windows, self._allowances) if kind in gates]
