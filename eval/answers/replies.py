"""Replies: asking a language model for many results, none of which is paid for twice."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pipeline.endpoints.clients import find_own_error
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import (
    EndpointError,
    NoMoreCallsError,
    NotStoredError,
    PrerequisiteError,
    RefusedError,
    WinnowError,
)

ResultT = TypeVar("ResultT")

_log = logging.getLogger("winnow")


def from_replies(
    count: int,
    ask: Callable[[Sequence[int], bool], Sequence[ResultT | EndpointError]],
    announce: Callable[[Mapping[int, NotStoredError]], None],
    endpoints: Endpoints,
    labels: tuple[str, str],
) -> list[ResultT]:
    """Return `count` results: from stored replies first, then from those that are asked for.

    Args:
        count: How many there are to be.
        ask: Numbers of results, from 0, and whether stored replies alone will do, to the results
            in that order, or the faults that they may not have another time.
        announce: Says what the missing ones will take before anything is spent.
        endpoints: Where the model is.
        labels: What the log calls this, and the plural of what a result is.

    Raises:
        EndpointError: a result got no reply; the replies to all others are stored.
    """
    step, things = labels
    with endpoints.stored_only():
        outcomes = list(ask(range(count), True))
    missing = {row: each for row, each in enumerate(outcomes) if isinstance(each, NotStoredError)}
    announce(missing)
    if missing:
        for row, outcome in zip(missing, ask(list(missing), False), strict=True):
            outcomes[row] = outcome
        _log.info("%s: spent %s", step, endpoints.meter.paid.line)
    return complete(outcomes, things)


def complete(outcomes: Sequence[ResultT | EndpointError], things: str) -> list[ResultT]:
    """Return the results, if all are there.

    Raises:
        EndpointError: some are faults. They may come another time, so nothing may record them.
    """
    faults = [each for each in outcomes if isinstance(each, EndpointError)]
    if faults:
        raise EndpointError(
            f"{len(faults)} of {len(outcomes)} {things} got no reply ({faults[0]}); run the same "
            "command again, the other replies are stored"
        )
    return [each for each in outcomes if not isinstance(each, EndpointError)]


def error_line(error: BaseException) -> str:
    """Say in one line what an error was; one of ours needs no name."""
    first = (str(error).splitlines() or [""])[0][:200]
    if isinstance(error, WinnowError) and first:
        return first
    return f"{type(error).__name__}: {first}".rstrip(": ")


def reason_or_fault(
    error: Exception, reason: Callable[[Exception], str] = error_line
) -> str | EndpointError:
    """Return the reason that a result keeps, or the fault that it may not have another time.

    Raises:
        PrerequisiteError: no other result would fare better.
        NoMoreCallsError: the same.
    """
    fault = find_own_error(error)
    if isinstance(fault, PrerequisiteError | NoMoreCallsError):
        raise fault from None
    if isinstance(fault, EndpointError) and not isinstance(fault, RefusedError):
        return fault
    return reason(fault or error)
