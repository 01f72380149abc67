import threading
from contextlib import ExitStack
from contextvars import copy_context
from decimal import Decimal
from itertools import permutations

import pytest

from pipeline.endpoints.call import ModelCall
from pipeline.endpoints.price import Price
from pipeline.endpoints.spending import Meter, ReplyUsage, Tally, usage_of
from pipeline.errors import BudgetError, NoMoreCallsError
from pipeline.params import SpendingParams
from tests.support.endpoints import completion


def meter(dollars: float = 1.0, tokens: int = 1000) -> Meter:
    return Meter(SpendingParams(dollars=dollars, tokens=tokens, prices={}))


def usage(tokens: int, cost: str | None = "0") -> ReplyUsage:
    return ReplyUsage(tokens, 0, None if cost is None else Decimal(cost))


def go_on() -> None:
    return None


def test_a_call_that_could_cost_too_many_tokens_is_not_made() -> None:
    spent = meter(tokens=1000)
    spent.use(usage(600))
    with (
        pytest.raises(BudgetError, match=r"`spending.tokens` is 1,000: 600 are spent.* 401"),
        spent.reserved(usage(401), go_on),
    ):
        pass
    with spent.reserved(usage(400), go_on):
        pass


def test_a_call_that_could_cost_too_many_dollars_is_not_made() -> None:
    spent = meter(dollars=0.5)
    spent.use(usage(1, "0.4"))
    with (
        pytest.raises(BudgetError, match=r"`spending.dollars` is 0.5: 0.4000 are spent"),
        spent.reserved(usage(1, "0.2"), go_on),
    ):
        pass


def test_no_dollars_still_allow_what_has_no_price() -> None:
    with meter(dollars=0.0).reserved(usage(10, None), go_on):
        pass


def test_without_a_budget_everything_may_be_spent() -> None:
    with Meter().reserved(usage(10**9, "1000"), go_on):
        pass


def test_a_call_waits_for_others_that_may_turn_out_cheaper() -> None:
    spent = meter(tokens=1000)
    with ExitStack() as first:
        first.enter_context(spent.reserved(usage(900), go_on))
        thread = threading.Timer(0.05, first.pop_all().close)
        thread.start()
        with spent.reserved(usage(900), go_on):
            thread.join()


def test_waiting_for_others_ends_when_told() -> None:
    def halt() -> None:
        raise NoMoreCallsError("stopped")

    spent = meter(tokens=1000)
    with (
        spent.reserved(usage(900), go_on),
        pytest.raises(NoMoreCallsError, match="stopped"),
        spent.reserved(usage(900), halt),
    ):
        pass


def test_tallies_count_what_is_used_within_them() -> None:
    spent = meter()
    with spent.tally() as outer:
        spent.count(usage(1), fresh=True)
        with spent.tally() as inner:
            thread = threading.Thread(
                target=copy_context().run, args=(lambda: spent.count(usage(2), fresh=False),)
            )
            thread.start()
            thread.join()
    spent.count(usage(4), fresh=True)
    assert (spent.worth.tokens, outer.worth.tokens, inner.worth.tokens) == (7, 3, 2)
    assert (inner.calls, inner.stored) == (1, 1)


CALL = ModelCall("/chat/completions", {"model": "m", "messages": [{"content": "x" * 3500}]})
PRICE = Price(Decimal(1), Decimal(10))


def test_a_reply_says_itself_what_it_took() -> None:
    usage = usage_of(CALL, completion(), PRICE)
    assert (usage.prompt_tokens, usage.completion_tokens) == (100, 20)
    assert usage.cost == Decimal("0.0003")


def test_a_server_that_does_not_count_is_counted_for() -> None:
    usage = usage_of(CALL, completion("word " * 100, usage=None), None)
    assert usage.prompt_tokens == CALL.prompt_tokens > 1000
    assert 100 < usage.completion_tokens < 200
    assert usage.cost is None


def test_a_reply_that_groq_rejected_took_tokens_too() -> None:
    body = {"error": {"code": "json_validate_failed", "failed_generation": "x" * 350}}
    assert usage_of(CALL, body, None).completion_tokens == 100


def test_vectors_take_no_completion() -> None:
    call = ModelCall("/embeddings", {"model": "m", "input": ["a"]})
    assert usage_of(call, {"usage": {"prompt_tokens": 3}}, None).prompt_tokens == 3
    assert usage_of(call, {"data": []}, None).completion_tokens == 0


def tally_usage(cost: str | None = "0.1") -> ReplyUsage:
    return ReplyUsage(10, 2, None if cost is None else Decimal(cost))


def test_stored_replies_are_worth_as_much_but_cost_nothing() -> None:
    tally = Tally()
    tally.add(tally_usage(), fresh=True)
    tally.add(tally_usage(), fresh=False)
    assert (tally.calls, tally.stored) == (2, 1)
    assert (tally.worth.tokens, tally.spent.tokens) == (24, 12)
    assert (tally.worth.cost, tally.spent.cost) == (0.2, 0.1)
    assert (tally.prompt_tokens, tally.completion_tokens, tally.cost) == (20, 4, 0.2)


def test_one_unknown_price_leaves_the_sum_unknown() -> None:
    tally = Tally()
    tally.add(tally_usage(), fresh=True)
    tally.add(tally_usage(None), fresh=False)
    assert tally.cost is None
    assert tally.spent.cost == 0.1


def test_the_order_of_replies_changes_no_digit() -> None:
    sums = set()
    for costs in permutations(["0.1", "0.2", "0.3", "0.0000007"]):
        tally = Tally()
        for cost in costs:
            tally.add(tally_usage(cost), fresh=True)
        sums.add(tally.cost)
    assert len(sums) == 1
