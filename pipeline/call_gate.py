"""CallGate: whether a call to an endpoint may be made now, later or not at all."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pipeline.circuit_breaker import CircuitBreaker
from pipeline.endpoint import Endpoint
from pipeline.endpoint_fault import Fault
from pipeline.errors import HaltError, OutageError
from pipeline.halt import Halt
from pipeline.interruptible_clock import InterruptibleClock
from pipeline.limit_header import NamedLimit, read_limits, read_named_limit
from pipeline.limit_memory import LimitMemory
from pipeline.model_call import ModelCall
from pipeline.rate_limit import RateLimit
from pipeline.reply_check import quota_error

_SLICE = 0.25


class CallGate:
    """Thread-safe; calls at the same time, rate limits, outages and what halts everything."""

    def __init__(
        self, endpoint: Endpoint, memory: LimitMemory, halt: Halt, clock: InterruptibleClock
    ) -> None:
        self._endpoint = endpoint
        self._memory = memory
        self._halt = halt
        self._clock = clock
        self._breaker = CircuitBreaker(endpoint.base_url, 2 * endpoint.attempts, clock.now)
        self._places = threading.BoundedSemaphore(endpoint.calls)
        self._lock = threading.Lock()
        self._rates: dict[str, RateLimit] = {}

    def check(self, call: ModelCall) -> None:
        """Go on unless something makes further calls pointless.

        Raises:
            HaltError: it does.
        """
        self._halt.check(self._name(call))
        self._breaker.check()

    @contextmanager
    def passed(self, call: ModelCall) -> Iterator[None]:
        """Be one of the calls that are made at the same time, when the limits allow one.

        Raises:
            HaltError: that would take too long, or something halted everything meanwhile.
        """
        while not self._places.acquire(timeout=_SLICE):
            self.check(call)
        try:
            self.check(call)
            while (seconds := self._rate(call.model).take(call.tokens)) > 0:
                if seconds > self._endpoint.wait:
                    raise self._used_up(call, seconds, None)
                self.hold(call, seconds)
            yield
        finally:
            self._places.release()

    def hold(self, call: ModelCall, seconds: float) -> None:
        """Wait, unless something halts everything meanwhile.

        Raises:
            HaltError: it did.
        """
        until = self._clock.now() + seconds
        while (left := until - self._clock.now()) > 0:
            self._clock.wait(min(left, _SLICE))
            self.check(call)

    def note(self, call: ModelCall, headers: Mapping[str, str]) -> None:
        """Take over the limits that a reply's headers name."""
        limits = read_limits(headers)
        self._rate(call.model).note(limits)
        known = {(kind, each.period): each.limit for kind, each in limits.items() if each.period}
        self._memory.note(call.model, known)

    def answered(self, call: ModelCall, tokens: int) -> None:
        """Note a whole reply, and the tokens that it took."""
        self._breaker.succeeded()
        self._rate(call.model).settle(call.tokens, tokens)

    def failed(self, call: ModelCall, fault: Fault) -> None:
        """Note a failed attempt.

        Raises:
            OutageError: it was one too many, or the endpoint wants a longer rest than is waited.
        """
        if not fault.limited:
            self._breaker.failed(fault.reason)
        if fault.wait is not None and fault.wait > self._endpoint.wait:
            error = OutageError(
                f"{self._endpoint.base_url} asks to be left alone until "
                f"{self._clock.after(fault.wait)} ({fault.reason}): run the same command then"
            )
            raise self.halted(call, error, fault.wait)

    def refused(self, call: ModelCall, fault: Fault, patience: float) -> None:
        """Keep to a rate limit that was reached; `patience` is the seconds left to wait for it.

        Raises:
            QuotaError: it is a day's, or patience is at its end.
        """
        wait = fault.wait or 0.0
        named = read_named_limit(fault.reason)
        if named is not None and named.limit:
            self._memory.note(call.model, {(named.kind, named.period): named.limit})
        if patience < 0 or (named is not None and named.of_a_day):
            raise self._used_up(call, wait, named)
        self._rate(call.model).pause(wait)

    def halted(self, call: ModelCall, error: HaltError, seconds: float) -> HaltError:
        """Let calls to the same model fail with an error for so many seconds, and return it."""
        self._halt.remember(error, self._name(call), seconds)
        return error

    def _used_up(self, call: ModelCall, wait: float, named: NamedLimit | None) -> HaltError:
        error = quota_error(self._endpoint, call, named, self._clock.after(wait))
        return self.halted(call, error, wait)

    def _name(self, call: ModelCall) -> str:
        return f"{self._endpoint.base_url} {call.model}"

    def _rate(self, model: str) -> RateLimit:
        endpoint = self._endpoint
        with self._lock:
            if model not in self._rates:
                self._rates[model] = RateLimit(
                    {
                        "requests": endpoint.requests_per_minute,
                        "tokens": endpoint.tokens_per_minute,
                    },
                    self._clock.now,
                )
            return self._rates[model]
