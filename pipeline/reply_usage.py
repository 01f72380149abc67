"""ReplyUsage: the tokens that a reply took, and what it cost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipeline.model_call import ModelCall, estimate_tokens
from pipeline.price import Price


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
