import random

from eval.spent import Spent


def test_the_order_of_what_was_spent_does_not_matter() -> None:
    parts = [Spent(tokens=number, cost=0.1 / (number + 1)) for number in range(50)]
    total = Spent.total(parts)
    random.Random(3).shuffle(parts)
    assert Spent.total(parts) == total
    assert total.tokens == sum(range(50))


def test_one_unknown_price_makes_the_cost_unknown_and_keeps_the_tokens() -> None:
    assert Spent.total([Spent(tokens=3, cost=None), Spent(tokens=4, cost=0.5)]) == Spent(
        tokens=7, cost=None
    )
    assert Spent.total([]) == Spent(tokens=0, cost=0.0)
