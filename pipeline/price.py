"""Price: what the tokens of a model cost."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from pipeline.endpoint import Provider
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
