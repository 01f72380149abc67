"""Spending text: what language models took for a Scorecard, as a person reads it."""

from eval.scorecard import SpendingByPart
from eval.spent import Spent
from pipeline.quantity import dollars, tokens


def spent_text(spent: Spent) -> str:
    """Return tokens and dollars: `61 k tokens, $0.0421`; only tokens where no price is known."""
    count = tokens(spent.tokens)
    return count if spent.cost is None else f"{count}, {dollars(spent.cost)}"


def total_text(spending: SpendingByPart) -> str:
    """Return what answering and judging took together, or nothing where no model was asked."""
    total = Spent.total([spending.answer, spending.judge])
    return spent_text(total) if total.tokens else ""


def parts_text(spending: SpendingByPart) -> str:
    """Return what each part took, or nothing where no model was asked."""
    parts = (("answering", spending.answer), ("judging", spending.judge))
    return "; ".join(f"{name} took {spent_text(spent)}" for name, spent in parts if spent.tokens)
