"""Price: what the tokens of a model cost, what calls will take, and how both are said."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from pipeline.endpoints.endpoint import Provider
from pipeline.endpoints.limits import Limits, period_name
from pipeline.params import SpendingParams

# The last price that the snapshot knows: today's clock must change no cost.
_LAST = datetime(2100, 1, 1, tzinfo=UTC)
_GROQ = "https://api.groq.com"


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens of prompt and of completion."""

    prompt: Decimal
    completion: Decimal

    def of(self, prompt_tokens: int, completion_tokens: int) -> Decimal:
        """Return the US dollars that so many tokens cost, exactly."""
        return (self.prompt * prompt_tokens + self.completion * completion_tokens) / 1_000_000


def price_of(
    provider: Provider, base_url: str, model: str, spending: SpendingParams | None = None
) -> Price | None:
    """Return a model's price: that of `spending.prices`, else that of genai-prices' snapshot.

    None where neither knows it, as at a server of one's own.
    """
    if spending is not None and model in spending.prices:
        prompt, completion = spending.prices[model]
        return Price(Decimal(str(prompt)), Decimal(str(completion)))
    from genai_prices import Usage, calc_price

    # Groq's models cost the same through a proxy; an address of `openai` names the maker.
    address = _GROQ if provider == "groq" else base_url
    try:
        # Of a thousand tokens, as some models cost more for long prompts.
        found = calc_price(
            Usage(input_tokens=1000, output_tokens=1000),
            model_ref=model,
            genai_request_timestamp=_LAST,
            provider_api_url=address,
        )
    except (LookupError, ValueError):
        return None
    return Price(found.input_price * 1000, found.output_price * 1000)


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
    excess = ""
    if spending and (cost or 0.0) > spending.dollars:
        excess = f"`spending.dollars` {spending.dollars}"
    elif spending and prompt + completion > spending.tokens:
        excess = f"`spending.tokens` {spending.tokens}"
    return Forecast(
        calls=len(asked),
        tokens=prompt + completion,
        cost=cost,
        seconds=max(waits) if waits else None,
        limits=_named(limits),
        excess=excess,
    )


def rounded(number: float) -> str:
    """Write a count with three digits or so: `999`, `6.1 k`, `410 k`, `1.4 M`."""
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if number >= 0.9995 * size:
            digits = 1 if number < 100 * size else 0
            return f"{number / size:.{digits}f}".removesuffix(".0") + f" {unit}"
    return f"{number:.0f}"


def tokens(count: int) -> str:
    """Write a count of tokens: `1 token`, `61 k tokens`."""
    return f"{rounded(count)} token{'s' * (count != 1)}"


def calls(count: int) -> str:
    """Write a count of calls: `1 call`, `97 calls`."""
    return f"{count} call{'s' * (count != 1)}"


def dollars(cost: float | None) -> str:
    """Write US dollars: `$1.20`, `$0.0042`, `<$0.0001`, `$0`; None is a price not known."""
    if cost is None:
        return "price unknown"
    if cost <= 0:
        return "$0"
    if cost < 0.0001:
        return "<$0.0001"
    return f"${cost:.2f}" if cost >= 1 else f"${cost:.4f}"


def _named(limits: Limits) -> str:
    by_period: dict[float, list[str]] = {}
    for (kind, period), limit in sorted(limits.items()):
        by_period.setdefault(period, []).append(f"{rounded(limit)} {kind}")
    return " and ".join(
        f"{' and '.join(names)} a {period_name(period)}"
        for period, names in sorted(by_period.items())
    )


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{math.ceil(seconds)} s"
    if seconds < 3600:
        return f"{math.ceil(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
