"""Limits that an endpoint's reply names, in its headers or a refusal's message, and their memory.

Groq's requests are those of a day and its tokens those of a minute
(https://console.groq.com/docs/rate-limits); OpenAI's are both of a minute.
"""

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pipeline.errors import ArtifactError
from pipeline.files import read_json, write_json

Kind = Literal["requests", "tokens"]
KINDS: tuple[Kind, ...] = ("requests", "tokens")

Limits = dict[tuple[Kind, float], int]
"""How many requests or tokens are given for so many seconds."""

_PERIODS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = r"(\d+(?:\.\d+)?)(ms|[dhms])"
_WRITTEN = r"(?:\d+(?:\.\d+)?(?:ms|[dhms]))+"


def period_name(seconds: float) -> str:
    """Return a period in words, as `day`."""
    return next((name for name, each in _PERIODS.items() if each == seconds), f"{seconds:g} s")


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
    """Return what `x-ratelimit-*` headers say of requests and of tokens."""
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
    found = re.search(rf"try again in ({_WRITTEN})", message)
    return read_duration(found[1]) if found else None


def read_duration(text: str) -> float | None:
    """Return seconds; a bare number is seconds; None for anything else."""
    text = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if not re.fullmatch(_WRITTEN, text):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(_PART, text))


def read_retry_after(text: str) -> float | None:
    """Return the seconds of a `retry-after` header: a number, or a date (RFC 9110, 10.2.3)."""
    seconds = read_duration(text)
    if seconds is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


class LimitMemory:
    """A file per host in a folder; a cache, which may be deleted at any time."""

    def __init__(self, folder: Path, base_url: str) -> None:
        host = hashlib.sha256(urlsplit(base_url).netloc.encode()).hexdigest()[:16]
        self._path = folder / f"{host}.json"
        self._lock = threading.Lock()

    def read(self, model: str) -> Limits:
        """Return what is known of a model."""
        known = self._read().get(model)
        rows = known if isinstance(known, list) else []
        return {(row[0], float(row[1])): int(row[2]) for row in rows if _is_limit(row)}

    def note(self, model: str, limits: Limits) -> None:
        """Remember limits of a model; those not named stay."""
        with self._lock:
            before = self.read(model)
            after = before | limits
            if after != before:
                rows = [[kind, period, limit] for (kind, period), limit in sorted(after.items())]
                write_json(self._path, {**self._read(), model: rows})

    def _read(self) -> dict[str, Any]:
        try:
            known = read_json(self._path)
        except ArtifactError:
            return {}
        return known if isinstance(known, dict) else {}


def _is_limit(row: object) -> bool:
    return (
        isinstance(row, list)
        and len(row) == 3
        and row[0] in KINDS
        and all(isinstance(number, int | float) and number > 0 for number in row[1:])
    )
