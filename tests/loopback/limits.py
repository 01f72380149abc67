"""Limits: requests and tokens a minute and a day's quota, enforced as Groq enforces them."""

import math
import threading
import time
from dataclasses import dataclass

from tests.loopback.behaviour import Behaviour
from tests.loopback.call import Call

# What the headers name where nothing is enforced: so much that whoever obeys them never waits.
_REQUESTS_PER_DAY = 10_000_000
_REQUESTS_PER_MINUTE = 1_000_000
_TOKENS_PER_MINUTE = 1_000_000_000

_QUOTA_SECONDS = 14 * 60 + 24.5


@dataclass(frozen=True)
class Refusal:
    """A limit that was reached: the endpoint's message, and seconds to wait."""

    status: int
    kind: str
    message: str
    wait: float


def duration(seconds: float) -> str:
    """Write seconds as the headers do: `7.66s`, `2m59.56s`, `120ms`."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(round(seconds, 3), 60)
    text = f"{rest:.3f}".rstrip("0").rstrip(".") + "s"
    return f"{int(minutes)}m{text}" if minutes else text


class Bucket:
    """Holds a minute's worth, and refills steadily."""

    def __init__(self) -> None:
        self._spent = 0.0
        self._at = time.monotonic()

    def spent(self, limit: int, minute: float) -> float:
        now = time.monotonic()
        self._spent = max(0.0, self._spent - (now - self._at) * limit / minute)
        self._at = now
        return self._spent

    def take(self, amount: int) -> None:
        self._spent += amount


class Limits:
    """Thread-safe; a refused call takes nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests = Bucket()
        self._tokens = Bucket()
        self._all_requests = 0
        self._replies = 0

    def admit(self, call: Call, tokens: int, whole: bool, behaviour: Behaviour) -> Refusal | None:
        """Take a request of so many tokens from what is left, or say which limit is reached.

        Only what is answered whole counts as a reply of the day's quota.
        """
        with self._lock:
            if behaviour.quota is not None and self._replies >= behaviour.quota:
                return _quota(call, tokens)
            for bucket, limit, amount, name in self._kinds(tokens, behaviour):
                if limit is None:
                    continue
                if amount > limit:
                    return _too_large(call, name, limit, amount)
                spent = bucket.spent(limit, behaviour.minute)
                if spent + amount > limit:
                    wait = (spent + amount - limit) * behaviour.minute / limit
                    return _reached(call, name, limit, spent, amount, wait)
            for bucket, _, amount, _ in self._kinds(tokens, behaviour):
                bucket.take(amount)
            self._all_requests += 1
            self._replies += whole
            return None

    def _kinds(
        self, tokens: int, behaviour: Behaviour
    ) -> tuple[tuple[Bucket, int | None, int, str], ...]:
        return (
            (self._requests, behaviour.requests_per_minute, 1, "requests per minute (RPM)"),
            (self._tokens, behaviour.tokens_per_minute, tokens, "tokens per minute (TPM)"),
        )

    def headers(self, call: Call, behaviour: Behaviour) -> dict[str, str]:
        """Return the limit headers; Groq counts requests by day there, OpenAI by minute."""
        minute = behaviour.minute
        per_minute = behaviour.requests_per_minute or _REQUESTS_PER_MINUTE
        per_day = _REQUESTS_PER_DAY
        tokens = behaviour.tokens_per_minute or _TOKENS_PER_MINUTE
        with self._lock:
            used = self._tokens.spent(tokens, minute)
            requested = self._requests.spent(per_minute, minute)
            asked = self._all_requests
        left, reset = per_minute - requested, requested * minute / per_minute
        if call.by_groq:
            per_minute, left, reset = per_day, per_day - asked, asked * 86_400 / per_day
        return {
            "x-ratelimit-limit-requests": str(per_minute),
            "x-ratelimit-limit-tokens": str(tokens),
            "x-ratelimit-remaining-requests": str(max(0, int(left))),
            "x-ratelimit-remaining-tokens": str(max(0, int(tokens - used))),
            "x-ratelimit-reset-requests": duration(reset),
            "x-ratelimit-reset-tokens": duration(used * minute / tokens),
        }


def _reached(call: Call, name: str, limit: int, spent: float, amount: int, wait: float) -> Refusal:
    message = (
        f"Rate limit reached for model `{call.model}` in organization `org_loopback` service tier "
        f"`on_demand` on {name}: Limit {limit}, Used {math.ceil(spent)}, Requested {amount}. "
        f"Please try again in {duration(wait)}. Need more tokens? Upgrade to Dev Tier today."
    )
    return Refusal(429, name.split()[0], message, wait)


def _too_large(call: Call, name: str, limit: int, amount: int) -> Refusal:
    message = (
        f"Request too large for model `{call.model}` in organization `org_loopback` service tier "
        f"`on_demand` on {name}: Limit {limit}, Requested {amount}, please reduce your message "
        "size and try again."
    )
    return Refusal(413, name.split()[0], message, 0.0)


def _quota(call: Call, tokens: int) -> Refusal:
    return _reached(call, "tokens per day (TPD)", 100_000, 99_999, tokens, _QUOTA_SECONDS)
