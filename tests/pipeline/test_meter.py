import threading
from contextlib import ExitStack
from contextvars import copy_context
from decimal import Decimal

import pytest

from pipeline.errors import BudgetError, HaltError
from pipeline.meter import Meter
from pipeline.params import SpendingParams
from pipeline.reply_usage import ReplyUsage


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
        raise HaltError("stopped")

    spent = meter(tokens=1000)
    with (
        spent.reserved(usage(900), go_on),
        pytest.raises(HaltError, match="stopped"),
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
