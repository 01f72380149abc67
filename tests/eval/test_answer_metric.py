import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.answer_metric import answer_tokens, exact_match, token_f1


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The 30-day return.", ["30", "day", "return"]),
        ("L\u2019\u00e9cran de l'appareil", ["l", "\u00e9cran", "de", "l", "appareil"]),
        ("\u00ab 3,5 V \u00bb; 1.000 \u20ac", ["3,5", "v", "1.000"]),
        ("e\u0301te\u0301 exam\u00adple", ["\u00e9t\u00e9", "example"]),
        ("\u4fdd\u8bc1\u671f\u3002", ["\u4fdd\u8bc1\u671f"]),
    ],
)
def test_words_of_any_language(text: str, tokens: list[str]) -> None:
    assert answer_tokens(text) == tokens


def test_f1_counts_repeated_words_as_often_as_both_have_them() -> None:
    assert token_f1("blue blue red", "blue red red") == pytest.approx(2 / 3)
    assert token_f1("within 30 days", "30 days") == pytest.approx(0.8)


def test_f1_of_french_is_safe() -> None:
    assert token_f1("La garantie dure deux ans.", "la garantie dure deux ans") == 1.0
    assert token_f1("un \u00e9t\u00e9", "un ete") == 0.5


def test_exact_match_looks_through_case_punctuation_and_articles() -> None:
    assert exact_match("The Hub.", "hub") == 1.0
    assert exact_match("two hubs", "hubs two") == 0.0


@given(st.text(), st.text())
def test_f1_is_a_symmetric_share(one: str, other: str) -> None:
    value = token_f1(one, other)
    assert 0.0 <= value <= 1.0
    assert value == token_f1(other, one)
    assert token_f1(one, one) == 1.0
    assert exact_match(one, other) <= value
