import pytest

from pipeline.quantity import calls, dollars, rounded, tokens


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
