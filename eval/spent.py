"""Spent: what language models took, in tokens and in US dollars."""

import math
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

_DIGITS = 9


class Spent(BaseModel):
    """Tokens of prompts and replies together, and US dollars: None where a price is not known.

    What replies are worth, whether they were fetched now or stored before: the same work gives
    the same numbers however often it was broken off.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    tokens: int = 0
    cost: float | None = 0.0

    @classmethod
    def total(cls, parts: Iterable["Spent"]) -> "Spent":
        """Add up; the order does not matter, and one unknown price makes the cost unknown."""
        every = list(parts)
        known = [each.cost for each in every if each.cost is not None]
        cost = round(math.fsum(known), _DIGITS) if len(known) == len(every) else None
        return cls(tokens=sum(each.tokens for each in every), cost=cost)
