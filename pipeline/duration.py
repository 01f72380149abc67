"""Durations as endpoints write them: `7.66s`, `2m59.56s`, `1h2m`, `120ms`, `20`."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = r"(\d+(?:\.\d+)?)(ms|[dhms])"
WRITTEN = r"(?:\d+(?:\.\d+)?(?:ms|[dhms]))+"
"""A pattern of a duration with units, without groups."""


def read_duration(text: str) -> float | None:
    """Return seconds; a bare number is seconds; None for anything else."""
    text = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if not re.fullmatch(WRITTEN, text):
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
