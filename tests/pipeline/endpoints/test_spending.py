import threading
from contextlib import ExitStack
from contextvars import copy_context
from decimal import Decimal
from itertools import permutations

import pytest

from pipeline.endpoints.call import ModelCall
from pipeline.endpoints.price import Price
from pipeline.endpoints.spending import Meter, ReplyCount, Spending, reply_spending
from pipeline.errors import BudgetError, NoMoreCallsError
from pipeline.params import SpendingParams
from tests.support.endpoints import completion


def meter(dollars: float = 1.0, tokens: int = 1000) -> Meter:
    return Meter(SpendingParams(dollars=dollars, tokens=tokens, prices={}))


def spending(tokens: int, dollars: str | None = "0") -> Spending:
    return Spending(1, tokens, 0, None if dollars is None else Decimal(dollars))


def go_on() -> None:
    return None


def test_a_call_that_could_cost_too_many_tokens_is_not_made() -> None:
    budget = meter(tokens=1000)
    budget.take(spending(600))
    with (
        pytest.raises(BudgetError, match=r"`spending.tokens` is 1,000: 600 are spent.* 401"),
        budget.reserved(spending(401), go_on),
    ):
        pass
    with budget.reserved(spending(400), go_on):
        pass


def test_a_call_that_could_cost_too_many_dollars_is_not_made() -> None:
    budget = meter(dollars=0.5)
    budget.take(spending(1, "0.4"))
    with (
        pytest.raises(BudgetError, match=r"`spending.dollars` is 0.5: 0.4000 are spent"),
        budget.reserved(spending(1, "0.2"), go_on),
    ):
        pass


def test_no_dollars_still_allow_what_has_no_price() -> None:
    with meter(dollars=0.0).reserved(spending(10, None), go_on):
        pass


def test_without_a_budget_everything_may_be_spent() -> None:
    with Meter().reserved(spending(10**9, "1000"), go_on):
        pass


def test_a_call_waits_for_others_that_may_turn_out_cheaper() -> None:
    budget = meter(tokens=1000)
    with ExitStack() as first:
        first.enter_context(budget.reserved(spending(900), go_on))
        thread = threading.Timer(0.05, first.pop_all().close)
        thread.start()
        with budget.reserved(spending(900), go_on):
            thread.join()


def test_waiting_for_others_ends_when_told() -> None:
    def halt() -> None:
        raise NoMoreCallsError("stopped")

    budget = meter(tokens=1000)
    with (
        budget.reserved(spending(900), go_on),
        pytest.raises(NoMoreCallsError, match="stopped"),
        budget.reserved(spending(900), halt),
    ):
        pass


def test_counts_hold_what_is_used_within_them() -> None:
    budget = meter()
    with budget.counting() as outer:
        budget.add(spending(1), fresh=True)
        with budget.counting() as inner:
            thread = threading.Thread(
                target=copy_context().run, args=(lambda: budget.add(spending(2), fresh=False),)
            )
            thread.start()
            thread.join()
    budget.add(spending(4), fresh=True)
    assert (budget.used.tokens, outer.used.tokens, inner.used.tokens) == (7, 3, 2)
    assert (inner.used.calls, inner.stored) == (1, 1)


CALL = ModelCall("/chat/completions", {"model": "m", "messages": [{"content": "x" * 3500}]})
PRICE = Price(Decimal(1), Decimal(10))


def test_a_reply_says_itself_what_it_took() -> None:
    took = reply_spending(CALL, completion(), PRICE)
    assert (took.prompt_tokens, took.completion_tokens) == (100, 20)
    assert took.dollars == Decimal("0.0003")


def test_a_server_that_does_not_count_is_counted_for() -> None:
    took = reply_spending(CALL, completion("word " * 100, usage=None), None)
    assert took.prompt_tokens == CALL.prompt_tokens > 1000
    assert 100 < took.completion_tokens < 200
    assert took.cost is None


def test_a_reply_that_groq_rejected_took_tokens_too() -> None:
    body = {"error": {"code": "json_validate_failed", "failed_generation": "x" * 350}}
    assert reply_spending(CALL, body, None).completion_tokens == 100


def test_vectors_take_no_completion() -> None:
    call = ModelCall("/embeddings", {"model": "m", "input": ["a"]})
    assert reply_spending(call, {"usage": {"prompt_tokens": 3}}, None).prompt_tokens == 3
    assert reply_spending(call, {"data": []}, None).completion_tokens == 0


def test_stored_replies_are_worth_as_much_but_are_not_paid_for() -> None:
    count = ReplyCount()
    count.add(Spending(1, 10, 2, Decimal("0.1")), fresh=True)
    count.add(Spending(1, 10, 2, Decimal("0.1")), fresh=False)
    assert (count.used, count.stored) == (Spending(2, 20, 4, Decimal("0.2")), 1)
    assert (count.used.tokens, count.paid.tokens) == (24, 12)
    assert (count.used.cost, count.paid.cost) == (0.2, 0.1)


def test_one_unknown_price_leaves_the_sum_unknown() -> None:
    count = ReplyCount()
    count.add(spending(10, "0.1"), fresh=True)
    count.add(spending(10, None), fresh=False)
    assert count.used.cost is None
    assert count.paid.cost == 0.1


def test_the_order_of_replies_changes_no_digit() -> None:
    sums = set()
    for costs in permutations(["0.1", "0.2", "0.3", "0.0000007"]):
        count = ReplyCount()
        for cost in costs:
            count.add(spending(10, cost), fresh=True)
        sums.add(count.used.cost)
    assert len(sums) == 1
