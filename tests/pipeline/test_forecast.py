from decimal import Decimal

import pytest

from pipeline.forecast import forecast_of
from pipeline.params import SpendingParams
from pipeline.price import Price

CALLS = [(500, 130)] * 97
PRICE = Price(Decimal("0.59"), Decimal("0.79"))


def test_the_line_says_calls_tokens_cost_and_time() -> None:
    forecast = forecast_of(CALLS, PRICE, {("requests", 60.0): 30, ("tokens", 60.0): 6000})
    assert forecast.line == (
        "97 calls, 61.1 k tokens, $0.0386, about 10 min at 30 requests and 6 k tokens a minute"
    )
    assert forecast.seconds is not None
    assert 550 < forecast.seconds < 552


def test_a_day_s_limit_that_is_not_reached_takes_no_time() -> None:
    forecast = forecast_of(CALLS, PRICE, {("requests", 86_400.0): 14_400})
    assert forecast.seconds == 0
    assert forecast.line.endswith("no wait at 14.4 k requests a day")


def test_an_unknown_price_is_said() -> None:
    forecast = forecast_of([(10, 1)], None, {})
    assert forecast.cost is None
    assert forecast.seconds is None
    assert forecast.line == "1 call, 11 tokens, price unknown: only tokens count"


def test_nothing_to_ask_costs_nothing() -> None:
    assert forecast_of([], PRICE, {("tokens", 60.0): 1}).line == "0 calls, 0 tokens, $0"


@pytest.mark.parametrize(
    ("limit", "said"),
    [({"dollars": 0.01}, "`spending.dollars` 0.01"), ({"tokens": 1000}, "`spending.tokens` 1000")],
)
def test_more_than_the_budget_is_said_beforehand(limit: dict[str, float], said: str) -> None:
    free = {"dollars": 1.0, "tokens": 1_000_000, "prices": {}}
    spending = SpendingParams.model_validate({**free, **limit})
    line = forecast_of([(500, 130)] * 97, PRICE, {}, spending).line
    assert line.endswith(f"; more than {said} allows")
