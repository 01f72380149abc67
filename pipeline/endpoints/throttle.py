"""Throttle: whether a call to an endpoint may be made now, later or not at all.

A call needs a free place, a breaker that is closed, and room in its model's rate limits. Those are
the environment's, counted here in windows of a minute, and the endpoint's own, which the headers
of each reply tell anew. Both count tokens when a call is made, and one is told later what it used.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from pipeline.endpoints.call import Fault, ModelCall
from pipeline.endpoints.endpoint import Endpoint
from pipeline.endpoints.limits import (
    KINDS,
    HeaderLimit,
    Kind,
    LimitMemory,
    NamedLimit,
    period_name,
    read_limits,
    read_named_limit,
)
from pipeline.endpoints.waiting import FinalErrors, InterruptibleClock
from pipeline.errors import NoMoreCallsError, OutageError, QuotaError

_SLICE = 0.25
_REST = 60.0
_LEAST_SPACING = 0.01
_MOST_SPACING = 1.0


class Throttle:
    """Thread-safe; one per endpoint.

    Whatever waits here, or notes a fault, raises NoMoreCallsError once no further call makes sense.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        memory: LimitMemory,
        final_errors: FinalErrors,
        clock: InterruptibleClock,
    ) -> None:
        self._endpoint = endpoint
        self._memory = memory
        self._final_errors = final_errors
        self._clock = clock
        self._breaker = CircuitBreaker(endpoint.base_url, 2 * endpoint.attempts, clock.now)
        self._places = threading.BoundedSemaphore(endpoint.calls)
        self._lock = threading.Lock()
        self._rates: dict[str, RateLimit] = {}

    def check(self, call: ModelCall) -> None:
        """Go on unless something makes further calls pointless."""
        self._final_errors.check(self._name(call))
        self._breaker.check()

    @contextmanager
    def place(self, call: ModelCall) -> Iterator[None]:
        """Wait for a place and the rate limits, and hold the place."""
        while not self._places.acquire(timeout=_SLICE):
            self.check(call)
        try:
            self.check(call)
            while (seconds := self._rate(call.model).take(call.tokens)) > 0:
                if seconds > self._endpoint.wait:
                    raise self._used_up(call, seconds, None)
                self.wait(call, seconds)
            yield
        finally:
            self._places.release()

    def wait(self, call: ModelCall, seconds: float) -> None:
        """Wait, unless further calls become pointless meanwhile."""
        until = self._clock.now() + seconds
        while (left := until - self._clock.now()) > 0:
            self._clock.wait(min(left, _SLICE))
            self.check(call)

    def note_headers(self, call: ModelCall, headers: Mapping[str, str]) -> None:
        """Take over the limits that a reply's headers name."""
        limits = read_limits(headers)
        self._rate(call.model).note(limits)
        known = {(kind, each.period): each.limit for kind, each in limits.items() if each.period}
        self._memory.note(call.model, known)

    def note_reply(self, call: ModelCall, tokens: int) -> None:
        """Note a whole reply, and the tokens that it took."""
        self._breaker.succeeded()
        self._rate(call.model).settle(call.tokens, tokens)

    def note_failure(self, call: ModelCall, fault: Fault) -> None:
        """Note a failed attempt; one too many, or a rest too long to wait for, is an outage."""
        if not fault.limited:
            self._breaker.failed(fault.reason)
        if fault.wait is not None and fault.wait > self._endpoint.wait:
            error = OutageError(
                f"{self._endpoint.base_url} asks to be left alone until "
                f"{self._clock.after(fault.wait)} ({fault.reason}): run the same command then"
            )
            raise self.final(call, error, fault.wait)

    def note_rate_limit(self, call: ModelCall, fault: Fault, patience: float) -> None:
        """Keep to a rate limit that was reached; a day's, or one beyond patience, is a quota.

        `patience` is the seconds left to wait for it.
        """
        wait = fault.wait or 0.0
        named = read_named_limit(fault.reason)
        if named is not None and named.limit:
            self._memory.note(call.model, {(named.kind, named.period): named.limit})
        if patience < 0 or (named is not None and named.of_a_day):
            raise self._used_up(call, wait, named)
        self._rate(call.model).pause(wait)

    def final(self, call: ModelCall, error: NoMoreCallsError, seconds: float) -> NoMoreCallsError:
        """Let calls to the same model fail with an error for so many seconds, and return it."""
        self._final_errors.remember(error, self._name(call), seconds)
        return error

    def _used_up(self, call: ModelCall, wait: float, named: NamedLimit | None) -> NoMoreCallsError:
        limit = "the rate limit"
        if named is not None:
            number = f"{named.limit:,} " if named.limit else ""
            limit = f"the limit of {number}{named.kind} a {period_name(named.period)}"
        error = QuotaError(
            f"{limit} of {call.model!r} at {self._endpoint.base_url} is used up until "
            f"{self._clock.after(wait)}: run the same command then, it goes on from the stored "
            "replies"
        )
        return self.final(call, error, wait)

    def _name(self, call: ModelCall) -> str:
        return f"{self._endpoint.base_url} {call.model}"

    def _rate(self, model: str) -> "RateLimit":
        new = RateLimit(self._endpoint.per_minute, self._clock.now)
        with self._lock:
            return self._rates.setdefault(model, new)


class RateLimit:
    """Thread-safe; one model's limits: the environment's, and those that its replies name."""

    def __init__(self, per_minute: Mapping[Kind, int], now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._windows = {kind: _Minute(most) for kind, most in per_minute.items()}
        self._allowances: dict[Kind, _Allowance] = {}
        self._paused_until = now()
        self._spacing = 0.0

    def take(self, tokens: int) -> float:
        """Count a call of so many tokens and return 0, or return the seconds to wait first."""
        amounts: dict[Kind, int] = {"requests": 1, "tokens": tokens}
        with self._lock:
            now = self._now()
            limits = [
                (each[kind], amounts[kind])
                for kind in KINDS
                for each in (self._windows, self._allowances)
                if kind in each
            ]
            waits = (limit.wait(amount, now) for limit, amount in limits)
            if (wait := max(self._paused_until - now, *waits, 0.0)) > 0:
                return wait
            for limit, amount in limits:
                limit.take(amount, now)
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
            self._allowances.update({kind: _Allowance(limits[kind], now) for kind in limits})

    def pause(self, seconds: float) -> None:
        """Let no call go for so many seconds, and then one after the other.

        Those that waited would else go at once, and all but one be refused again. Each reply
        halves the time between calls.
        """
        with self._lock:
            self._spacing = min(max(seconds, _LEAST_SPACING), _MOST_SPACING)
            self._paused_until = max(self._paused_until, self._now() + seconds)


class _Minute:
    """At most `limit` in any minute, whenever the endpoint counts anew."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: deque[tuple[float, int]] = deque()

    def wait(self, amount: int, now: float) -> float:
        """Return the seconds until so much may be taken; more than the limit counts as it."""
        while self._taken and self._taken[0][0] <= now - 60:
            self._taken.popleft()
        lacking = sum(taken for _, taken in self._taken) + min(amount, self._limit) - self._limit
        for moment, taken in self._taken if lacking > 0 else ():
            lacking -= taken
            if lacking <= 0:
                return moment + 60 - now
        return 0.0

    def take(self, amount: int, now: float) -> None:
        self._taken.append((now, amount))

    def settle(self, amount: int, used: int) -> None:
        """Count, for the latest call of such an amount, what it used in the end."""
        for row in reversed(range(len(self._taken))):
            if self._taken[row][1] == amount:
                self._taken[row] = self._taken[row][0], used
                return


class _Allowance:
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
        self._left = min(self._limit, self._left + self._rate * (now - self._at)) - amount
        self._at = now


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
        """Go on unless the breaker is open."""
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
        """Note a failed attempt, which may be one too many."""
        with self._lock:
            self._failures += 1
            self._last = reason
            self._rests_until = self._now() + _REST
        self.check()
