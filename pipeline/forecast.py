"""Forecast: what calls will take at most, said before they are made."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.limit_memory import Limits
from pipeline.params import SpendingParams
from pipeline.price import Price
from pipeline.quantity import calls, dollars, rounded, tokens

_PERIODS = {1.0: "second", 60.0: "minute", 3600.0: "hour", 86400.0: "day"}


@dataclass(frozen=True)
class Forecast:
    """Calls, tokens, US dollars (None: unknown price), seconds (None: no limits known)."""

    calls: int
    tokens: int
    cost: float | None
    seconds: float | None
    limits: str = ""
    excess: str = ""
    """The limit of `spending` that this could exceed."""

    @property
    def line(self) -> str:
        """For people, as `97 calls, 61 k tokens, $0.04, about 2 min at 30 requests a minute`."""
        cost = "price unknown: only tokens count" if self.cost is None else dollars(self.cost)
        parts = [calls(self.calls), tokens(self.tokens), cost]
        if self.seconds is not None and self.calls:
            time = f"about {_span(self.seconds)} at" if self.seconds else "no wait at"
            parts.append(f"{time} {self.limits}")
        return ", ".join(parts) + (f"; more than {self.excess} allows" if self.excess else "")


def forecast_of(
    asked: Sequence[tuple[int, int]],
    price: Price | None,
    limits: Limits,
    spending: SpendingParams | None = None,
) -> Forecast:
    """Return what calls of so many tokens of prompt and completion take at most."""
    prompt, completion = sum(each for each, _ in asked), sum(each for _, each in asked)
    amounts = {"requests": len(asked), "tokens": prompt + completion}
    # A limit is whole at the start, so that the first period's share costs no time.
    waits = [
        max(0.0, amounts[kind] - limit) * period / limit for (kind, period), limit in limits.items()
    ]
    cost = float(price.of(prompt, completion)) if price else None
    return Forecast(
        calls=len(asked),
        tokens=prompt + completion,
        cost=cost,
        seconds=max(waits) if waits else None,
        limits=_named(limits),
        excess=_excess(prompt + completion, cost or 0.0, spending),
    )


def _excess(tokens: int, cost: float, spending: SpendingParams | None) -> str:
    if spending and cost > spending.dollars:
        return f"`spending.dollars` {spending.dollars}"
    if spending and tokens > spending.tokens:
        return f"`spending.tokens` {spending.tokens}"
    return ""


def _named(limits: Limits) -> str:
    by_period: dict[float, list[str]] = {}
    for (kind, period), limit in sorted(limits.items()):
        by_period.setdefault(period, []).append(f"{rounded(limit)} {kind}")
    return " and ".join(
        f"{' and '.join(names)} a {_PERIODS.get(period, f'{period:g} s')}"
        for period, names in sorted(by_period.items())
    )


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{math.ceil(seconds)} s"
    if seconds < 3600:
        return f"{math.ceil(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
