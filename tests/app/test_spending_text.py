"""Spending text: tokens and dollars, and nothing where no model was asked."""

from app.spending_text import parts_text, total_text
from eval.scorecard import SpendingByPart
from eval.spent import Spent


def test_nothing_was_spent() -> None:
    assert total_text(SpendingByPart()) == ""
    assert parts_text(SpendingByPart()) == ""


def test_answering_and_judging() -> None:
    both = SpendingByPart(
        answer=Spent(tokens=40_123, cost=0.03), judge=Spent(tokens=21_000, cost=0.0121)
    )
    assert total_text(both) == "61.1 k tokens, $0.0421"
    assert parts_text(both) == (
        "answering took 40.1 k tokens, $0.0300; judging took 21 k tokens, $0.0121"
    )


def test_without_a_price_only_tokens_are_said() -> None:
    own = SpendingByPart(answer=Spent(tokens=1, cost=None))
    assert total_text(own) == "1 token"
    assert parts_text(own) == "answering took 1 token"
