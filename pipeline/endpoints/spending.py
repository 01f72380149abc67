"""Tally: calls, tokens and cost of replies, counted as they are used."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipeline.endpoints.call import ModelCall, estimate_tokens
from pipeline.endpoints.price import Price, calls, dollars, tokens
from pipeline.errors import BudgetError
from pipeline.params import SpendingParams


@dataclass(frozen=True)
class ReplyUsage:
    """Tokens of prompt and completion; the cost in US dollars is None for an unknown price."""

    prompt_tokens: int
    completion_tokens: int
    cost: Decimal | None


def usage_of(call: ModelCall, body: dict[str, Any], price: Price | None) -> ReplyUsage:
    """Return what a reply took: as it says itself, else by an estimate of the texts."""
    told = body.get("usage")
    told = told if isinstance(told, dict) else {}
    prompt, completion = told.get("prompt_tokens"), told.get("completion_tokens", 0)
    if not isinstance(prompt, int) or not isinstance(completion, int):
        prompt, completion = call.prompt_tokens, 0 if call.embeds else _said(body)
    return ReplyUsage(prompt, completion, price.of(prompt, completion) if price else None)


def _said(body: dict[str, Any]) -> int:
    error = body.get("error")
    if isinstance(error, dict):
        return estimate_tokens(str(error.get("failed_generation") or ""))
    return sum(estimate_tokens(str(choice["message"])) for choice in body.get("choices", ()))


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


_Amount = tuple[int, Decimal]
_SLICE = 0.1


class Meter(Tally):
    """Thread-safe; reserves what a call may cost at most, until what it did cost is known."""

    def __init__(self, spending: SpendingParams | None = None) -> None:
        super().__init__()
        self._spending = spending
        self._settled = threading.Condition()
        self._used: _Amount = (0, Decimal(0))
        self._reserved: _Amount = (0, Decimal(0))
        self._tallies: ContextVar[tuple[Tally, ...]] = ContextVar("tallies", default=())

    @contextmanager
    def tally(self) -> Iterator[Tally]:
        """Count the replies used within, by this thread and by what copies its context."""
        tally = Tally()
        token = self._tallies.set((*self._tallies.get(), tally))
        try:
            yield tally
        finally:
            self._tallies.reset(token)

    def count(self, usage: ReplyUsage, *, fresh: bool) -> None:
        """Count a reply here and in each tally that is open."""
        for tally in (self, *self._tallies.get()):
            tally.add(usage, fresh=fresh)

    @contextmanager
    def reserved(self, most: ReplyUsage, check: Callable[[], None]) -> Iterator[None]:
        """Hold what a call may take at most, waiting for calls that may turn out cheaper.

        `check` is called while it waits, and raises to end that.

        Raises:
            BudgetError: the call could take more than is left.
        """
        amount = _amount(most)
        with self._settled:
            while not self._fits(amount, self._reserved):
                if not self._fits(amount, (0, Decimal(0))):
                    raise BudgetError(self._message(amount))
                self._settled.wait(_SLICE)
                check()
            self._reserved = _sum(self._reserved, amount)
        try:
            yield
        finally:
            with self._settled:
                self._reserved = _sum(self._reserved, (-amount[0], -amount[1]))
                self._settled.notify_all()

    def use(self, usage: ReplyUsage) -> None:
        """Take from the budget what an attempt took, also where its reply was lost."""
        with self._settled:
            self._used = _sum(self._used, _amount(usage))

    def _fits(self, amount: _Amount, reserved: _Amount) -> bool:
        if self._spending is None:
            return True
        tokens, dollars = _sum(_sum(self._used, reserved), amount)
        return tokens <= self._spending.tokens and (
            # What costs nothing, or what nobody knows, is stopped by tokens alone.
            not amount[1] or dollars <= Decimal(str(self._spending.dollars))
        )

    def _message(self, amount: _Amount) -> str:
        assert self._spending is not None
        tokens, dollars = _sum(self._used, amount)
        name, used, limit, next_one = (
            ("tokens", f"{self._used[0]:,}", f"{self._spending.tokens:,}", f"{amount[0]:,}")
            if tokens > self._spending.tokens
            else (
                "dollars",
                f"{self._used[1]:.4f}",
                f"{self._spending.dollars}",
                f"{amount[1]:.4f}",
            )
        )
        return (
            f"`spending.{name}` is {limit}: {used} are spent and the next call could take "
            f"{next_one}; raise it and run the same command, which goes on from the stored replies"
        )


def _amount(usage: ReplyUsage) -> _Amount:
    return usage.prompt_tokens + usage.completion_tokens, usage.cost or Decimal(0)


def _sum(one: _Amount, other: _Amount) -> _Amount:
    return one[0] + other[0], one[1] + other[1]
