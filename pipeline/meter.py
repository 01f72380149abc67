"""Meter: what all calls cost so far, and the budget that the next one must fit."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal

from pipeline.errors import BudgetError
from pipeline.params import SpendingParams
from pipeline.reply_usage import ReplyUsage
from pipeline.tally import Tally

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
