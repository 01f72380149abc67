"""Spending: calls, tokens and dollars of replies, counted as they are used and kept to a budget."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from pipeline.endpoints.call import ModelCall, estimate_tokens
from pipeline.endpoints.price import Price, calls, dollars, tokens
from pipeline.errors import BudgetError
from pipeline.params import SpendingParams

_SLICE = 0.1


@dataclass(frozen=True)
class Spending:
    """Calls, tokens and US dollars, which are None when a price was not known.

    Sums are exact, so that the order in which replies arrive changes no last digit.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dollars: Decimal | None = Decimal(0)

    def __add__(self, other: "Spending") -> "Spending":
        """Return both together."""
        unknown = self.dollars is None or other.dollars is None
        return Spending(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            None if unknown else (self.dollars or 0) + (other.dollars or Decimal(0)),
        )

    @property
    def tokens(self) -> int:
        """Tokens of prompts and completions."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def cost(self) -> float | None:
        """The dollars as a number to be written or shown."""
        return None if self.dollars is None else float(self.dollars)

    @property
    def line(self) -> str:
        """For people, as `97 calls, 61 k tokens, $0.0421`."""
        return ", ".join((calls(self.calls), tokens(self.tokens), dollars(self.cost)))


def spending_of(prompt_tokens: int, completion_tokens: int, price: Price | None) -> Spending:
    """Return what one call of so many tokens takes."""
    cost = price.of(prompt_tokens, completion_tokens) if price else None
    return Spending(1, prompt_tokens, completion_tokens, cost)


def reply_spending(call: ModelCall, body: dict[str, Any], price: Price | None) -> Spending:
    """Return what a reply took: as it says itself, else by an estimate of the texts."""
    told = body.get("usage")
    told = told if isinstance(told, dict) else {}
    prompt, completion = told.get("prompt_tokens"), told.get("completion_tokens", 0)
    if not isinstance(prompt, int) or not isinstance(completion, int):
        prompt, completion = call.prompt_tokens, 0 if call.embeds else _estimate(body)
    return spending_of(prompt, completion, price)


def _estimate(body: dict[str, Any]) -> int:
    error = body.get("error")
    if isinstance(error, dict):
        return estimate_tokens(str(error.get("failed_generation") or ""))
    return sum(estimate_tokens(str(choice["message"])) for choice in body.get("choices", ()))


class ReplyCount:
    """Thread-safe; what replies cost, be they asked for now or stored before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.used = Spending()
        """What all replies cost, or would have: it does not depend on what was stored."""
        self.paid = Spending()
        """What the replies that were asked for cost."""

    def add(self, spending: Spending, *, fresh: bool) -> None:
        """Count a reply; `fresh` unless it was stored."""
        with self._lock:
            self.used += spending
            if fresh:
                self.paid += spending

    @property
    def stored(self) -> int:
        """Replies that were stored before."""
        with self._lock:
            return self.used.calls - self.paid.calls


class Meter(ReplyCount):
    """Thread-safe; counts all replies, and reserves what a call may take until that is known."""

    def __init__(self, limits: SpendingParams | None = None) -> None:
        super().__init__()
        self._limits = limits
        self._settled = threading.Condition()
        self._taken = Spending()
        self._reserved: list[Spending] = []
        self._counts: ContextVar[tuple[ReplyCount, ...]] = ContextVar("counts", default=())

    @contextmanager
    def counting(self) -> Iterator[ReplyCount]:
        """Count the replies used within, by this thread and by what copies its context."""
        count = ReplyCount()
        token = self._counts.set((*self._counts.get(), count))
        try:
            yield count
        finally:
            self._counts.reset(token)

    def add(self, spending: Spending, *, fresh: bool) -> None:
        """Count a reply here and in each count that is open."""
        super().add(spending, fresh=fresh)
        for count in self._counts.get():
            count.add(spending, fresh=fresh)

    @contextmanager
    def reserved(self, most: Spending, check: Callable[[], None]) -> Iterator[None]:
        """Hold what a call may take at most, waiting for calls that may turn out cheaper.

        `check` is called while it waits, and raises to end that.

        Raises:
            BudgetError: the call could take more than is left.
        """
        most = _priced(most)
        with self._settled:
            while self._exceeded(sum(self._reserved, self._taken), most):
                if limit := self._exceeded(self._taken, most):
                    raise BudgetError(self._message(limit, most))
                self._settled.wait(_SLICE)
                check()
            self._reserved.append(most)
        try:
            yield
        finally:
            with self._settled:
                self._reserved.remove(most)
                self._settled.notify_all()

    def take(self, spending: Spending) -> None:
        """Take from the budget what an attempt took, also where its reply was lost."""
        with self._settled:
            self._taken += _priced(spending)

    def _exceeded(self, before: Spending, call: Spending) -> Literal["", "tokens", "dollars"]:
        """Return the limit that a call could exceed; what has no price is stopped by tokens."""
        limits, total = self._limits, before + call
        if limits is None:
            return ""
        if total.tokens > limits.tokens:
            return "tokens"
        most = Decimal(str(limits.dollars))
        return "dollars" if call.dollars and total.dollars and total.dollars > most else ""

    def _message(self, limit: Literal["tokens", "dollars"], call: Spending) -> str:
        form = "," if limit == "tokens" else ".4f"
        most = getattr(self._limits, limit)
        return (
            f"`spending.{limit}` is {most:{',' if limit == 'tokens' else ''}}: "
            f"{getattr(self._taken, limit):{form}} are spent and the next call could take "
            f"{getattr(call, limit):{form}}; raise it and run the same command, which goes on from "
            "the stored replies"
        )


def _priced(spending: Spending) -> Spending:
    """Return what counts towards the budget: an unknown price must not hide those known."""
    return replace(spending, dollars=spending.dollars or Decimal(0))
