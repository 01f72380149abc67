from decimal import Decimal

import pytest

from pipeline.endpoints.price import Price, calls, dollars, forecast_of, price_of, rounded, tokens
from pipeline.params import SpendingParams

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


GROQ = "https://api.groq.com"
MODEL = "llama-3.3-70b-versatile"


def test_groqs_price_is_known_whatever_the_address() -> None:
    price = price_of("groq", "http://proxy.local", MODEL)
    assert price == price_of("groq", GROQ, MODEL) == Price(Decimal("0.59"), Decimal("0.79"))


def test_params_come_before_the_snapshot() -> None:
    spending = SpendingParams(dollars=1, tokens=1, prices={MODEL: (2.0, 3.0)})
    price = price_of("groq", GROQ, MODEL, spending)
    assert price is not None
    assert price.of(1_000_000, 2_000_000) == 8


@pytest.mark.parametrize(
    ("address", "model"),
    [
        ("http://localhost:11434/v1", "gpt-4o-mini"),
        ("https://api.openai.com/v1", "a-model-nobody-knows"),
    ],
)
def test_a_model_of_ones_own_or_an_unknown_one_has_no_price(address: str, model: str) -> None:
    assert price_of("openai", address, model) is None


def test_openais_address_names_the_maker() -> None:
    price = price_of("openai", "https://api.openai.com/v1", "text-embedding-3-small")
    assert price is not None
    assert price.of(1000, 0) == Decimal("0.00002")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (950, "950"),
        (6100, "6.1 k"),
        (61000, "61 k"),
        (410_400, "410 k"),
        (999_700, "1 M"),
    ],
)
def test_counts_are_short(number: float, text: str) -> None:
    assert rounded(number) == text


@pytest.mark.parametrize(
    ("cost", "text"),
    [(0.0, "$0"), (0.00001, "<$0.0001"), (0.0421, "$0.0421"), (1.2, "$1.20")],
)
def test_dollars_keep_what_matters(cost: float, text: str) -> None:
    assert dollars(cost) == text


def test_one_is_no_plural_and_an_unknown_price_is_said() -> None:
    assert (calls(1), tokens(1), calls(2)) == ("1 call", "1 token", "2 calls")
    assert dollars(None) == "price unknown"
