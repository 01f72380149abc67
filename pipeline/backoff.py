"""Backoff: how long to wait before a call is made again, and when to give up."""

from tenacity import RetryCallState, Retrying, stop_after_attempt, wait_random_exponential


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
