"""Limits that an endpoint's reply names: in its headers, or in the message of a refusal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.duration import WRITTEN, read_duration, read_retry_after

Kind = Literal["requests", "tokens"]
KINDS: tuple[Kind, ...] = ("requests", "tokens")

_PERIODS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}


@dataclass(frozen=True)
class HeaderLimit:
    """A limit of which `remaining` are left, and the seconds until all are there again."""

    limit: int
    remaining: int
    reset: float

    @property
    def period(self) -> float | None:
        """Seconds in which the limit is given anew, or None while nothing of it is used.

        An endpoint gives it back steadily, so that what is used now tells how fast. Its numbers
        are rounded: the nearest of second, minute, hour and day is meant.
        """
        used = self.limit - self.remaining
        if used <= 0 or self.reset <= 0:
            return None
        seconds = self.reset * self.limit / used
        return min(_PERIODS.values(), key=lambda each: max(each / seconds, seconds / each))


def read_limits(headers: Mapping[str, str]) -> dict[Kind, HeaderLimit]:
    """Return what `x-ratelimit-*` headers say of requests and of tokens.

    Groq's requests are those of a day and its tokens those of a minute
    (https://console.groq.com/docs/rate-limits); OpenAI's are both of a minute.
    """
    limits: dict[Kind, HeaderLimit] = {}
    for kind in KINDS:
        limit, remaining = (
            headers.get(f"x-ratelimit-{name}-{kind}", "") for name in ("limit", "remaining")
        )
        reset = read_duration(headers.get(f"x-ratelimit-reset-{kind}", ""))
        if limit.isdecimal() and int(limit) and remaining.isdecimal() and reset is not None:
            limits[kind] = HeaderLimit(int(limit), int(remaining), reset)
    return limits


@dataclass(frozen=True)
class NamedLimit:
    """A limit that a refusal names, as `tokens per day (TPD): Limit 100000`."""

    kind: Kind
    period: float
    limit: int | None

    @property
    def period_name(self) -> str:
        """The period in words, as `day`."""
        return next(name for name, seconds in _PERIODS.items() if seconds == self.period)

    @property
    def of_a_day(self) -> bool:
        """Whether it is a day's quota."""
        return self.period == _PERIODS["day"]


def read_named_limit(message: str) -> NamedLimit | None:
    """Return the limit that a refusal's message names."""
    found = re.search(r"\b(requests|tokens) per (second|minute|hour|day)\b", message, re.I)
    if found is None:
        return None
    kind: Kind = "requests" if found[1].lower() == "requests" else "tokens"
    limit = re.search(r"\bLimit:? (\d+)", message[found.end() :])
    return NamedLimit(kind, _PERIODS[found[2].lower()], int(limit[1]) if limit else None)


def read_wait(headers: Mapping[str, str], message: str) -> float | None:
    """Return the seconds that a refusal asks to wait, by its headers or else its message."""
    if "retry-after-ms" in headers:
        milliseconds = read_duration(headers["retry-after-ms"])
        return None if milliseconds is None else milliseconds / 1000
    if "retry-after" in headers:
        return read_retry_after(headers["retry-after"])
    found = re.search(rf"try again in ({WRITTEN})", message)
    return read_duration(found[1]) if found else None
