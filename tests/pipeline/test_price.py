from decimal import Decimal

import pytest

from pipeline.params import SpendingParams
from pipeline.price import Price, price_of

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
