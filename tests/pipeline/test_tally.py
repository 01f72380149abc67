from decimal import Decimal
from itertools import permutations

from pipeline.reply_usage import ReplyUsage
from pipeline.tally import Tally


def usage(cost: str | None = "0.1") -> ReplyUsage:
    return ReplyUsage(10, 2, None if cost is None else Decimal(cost))


def test_stored_replies_are_worth_as_much_but_cost_nothing() -> None:
    tally = Tally()
    tally.add(usage(), fresh=True)
    tally.add(usage(), fresh=False)
    assert (tally.calls, tally.stored) == (2, 1)
    assert (tally.worth.tokens, tally.spent.tokens) == (24, 12)
    assert (tally.worth.cost, tally.spent.cost) == (0.2, 0.1)
    assert (tally.prompt_tokens, tally.completion_tokens, tally.cost) == (20, 4, 0.2)


def test_one_unknown_price_leaves_the_sum_unknown() -> None:
    tally = Tally()
    tally.add(usage(), fresh=True)
    tally.add(usage(None), fresh=False)
    assert tally.cost is None
    assert tally.spent.cost == 0.1


def test_the_order_of_replies_changes_no_digit() -> None:
    sums = set()
    for costs in permutations(["0.1", "0.2", "0.3", "0.0000007"]):
        tally = Tally()
        for cost in costs:
            tally.add(usage(cost), fresh=True)
        sums.add(tally.cost)
    assert len(sums) == 1
