"""Tally: calls, tokens and cost of replies, counted as they are used."""

import threading
from dataclasses import dataclass
from decimal import Decimal

from pipeline.quantity import calls, dollars, tokens
from pipeline.reply_usage import ReplyUsage


@dataclass(frozen=True)
class Spending:
    """Calls, tokens, and cost in US dollars; the cost is None when a price was not known."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = 0.0

    @property
    def tokens(self) -> int:
        """Tokens of prompts and completions."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def line(self) -> str:
        """For people, as `97 calls, 61 k tokens, $0.0421`."""
        return ", ".join((calls(self.calls), tokens(self.tokens), dollars(self.cost)))


class _Sum:
    """Sums exactly, so that the order in which replies arrive changes no last digit."""

    def __init__(self) -> None:
        self.calls = self.prompt_tokens = self.completion_tokens = self.unpriced = 0
        self.cost = Decimal(0)

    def add(self, usage: ReplyUsage) -> None:
        self.calls += 1
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        self.cost += usage.cost or 0
        self.unpriced += usage.cost is None

    def spending(self) -> Spending:
        cost = None if self.unpriced else float(self.cost)
        return Spending(self.calls, self.prompt_tokens, self.completion_tokens, cost)


class Tally:
    """Thread-safe.

    `worth` is over all replies that were used, so that it does not depend on what was stored;
    `spent` is over those that were asked for.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worth = _Sum()
        self._spent = _Sum()

    def add(self, usage: ReplyUsage, *, fresh: bool) -> None:
        """Count a reply; `fresh` unless it was stored."""
        with self._lock:
            self._worth.add(usage)
            if fresh:
                self._spent.add(usage)

    @property
    def worth(self) -> Spending:
        """What all replies cost, or would have cost without the stored ones."""
        with self._lock:
            return self._worth.spending()

    @property
    def spent(self) -> Spending:
        """What the replies that were asked for cost."""
        with self._lock:
            return self._spent.spending()

    @property
    def calls(self) -> int:
        """Replies that were used."""
        return self.worth.calls

    @property
    def stored(self) -> int:
        """Those of them that were stored before."""
        with self._lock:
            return self._worth.calls - self._spent.calls

    @property
    def prompt_tokens(self) -> int:
        """Of all replies that were used."""
        return self.worth.prompt_tokens

    @property
    def completion_tokens(self) -> int:
        """Of all replies that were used."""
        return self.worth.completion_tokens

    @property
    def cost(self) -> float | None:
        """US dollars of all replies that were used."""
        return self.worth.cost
