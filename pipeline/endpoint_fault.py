"""Faults of an endpoint: one failed attempt, and what an SDK has wrapped around an error."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.errors import EndpointError, WinnowError


@dataclass(frozen=True)
class Fault:
    """An attempt that failed and may be made again."""

    reason: str
    wait: float | None = None
    """Seconds that the endpoint asked to wait."""
    limited: bool = False
    """Whether a rate limit was reached, which says nothing against the endpoint."""
    begun: bool = False
    """Whether a reply had begun, whose tokens are lost."""


def find_fault(error: BaseException) -> WinnowError | None:
    """Return the error of ours that another one was raised from, however deep it lies."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, WinnowError):
            return one
        waiting.extend(_within(one))
    return None


def own_fault(error: BaseException) -> WinnowError:
    """Return the error of ours that an SDK wrapped, or one in place of the SDK's own.

    It is to be raised where no other is being handled: the SDK's would become its context, and
    hold it once more.
    """
    found = find_fault(error)
    if found is not None:
        return found
    # An SDK says no more of what it does not expect than `Connection error`.
    cause = error.__cause__ or error
    said = f"{type(cause).__name__}: {' '.join(str(cause).split())[:300]}"
    return EndpointError(f"the model's reply cannot be used ({said}): change the request or model")


def _within(error: BaseException) -> Iterator[BaseException]:
    """Yield what an error was raised from, holds or retried."""
    last: Any = getattr(error, "last_attempt", None)
    attempts = [
        getattr(each, "exception", None) for each in getattr(error, "failed_attempts", None) or ()
    ]
    found = [
        error.__cause__,
        error.__context__,
        # tenacity keeps the last attempt as a finished future.
        last.exception() if last is not None else None,
        *attempts,
        *(error.exceptions if isinstance(error, BaseExceptionGroup) else ()),
        *error.args,
    ]
    yield from (each for each in found if isinstance(each, BaseException))
