"""Groundedness: what a reader would call better supported scores higher."""

import pytest

from eval.groundedness import groundedness
from tests.fakes import BagOfWordsEncoder

ENCODER = BagOfWordsEncoder()
PASSAGES = [
    "The hub runs at 48 volts. Error E-4471 means that the return line is frozen.",
    "Thaw the line slowly with warm water before the next start.",
]


def score(*sentences: str, passages: list[str] | None = None) -> float:
    return groundedness(PASSAGES if passages is None else passages, sentences, ENCODER)


def test_sentences_of_the_passages_score_one() -> None:
    assert score("The hub runs at 48 volts.") == pytest.approx(1.0)
    assert score(
        "The hub runs at 48 volts. Thaw the line slowly with warm water before the next start."
    ) == pytest.approx(1.0)


def test_an_unsupported_sentence_lowers_it() -> None:
    supported = score("The hub runs at 48 volts.")
    assert score("The hub runs at 48 volts.", "Its warranty covers seven years.") < supported
    assert score("Its warranty covers seven years.") < 0.35


def test_a_wrong_number_lowers_it_more_than_another_wrong_word() -> None:
    right = score("The hub runs at 48 volts.")
    word, number = score("The fan runs at 48 volts."), score("The hub runs at 24 volts.")
    assert number < word < right
    assert number == 0.0


def test_a_wrong_code_lowers_it() -> None:
    assert score("Error E-4472 means that the return line is frozen.") < 0.6


def test_a_paraphrase_lies_between_a_quote_and_something_else() -> None:
    quote = score("Thaw the line slowly with warm water.")
    other = score("Invoices are sent at the end of a quarter.")
    assert other < score("Warm water thaws the frozen line slowly.") < quote


def test_order_of_the_passages_does_not_matter() -> None:
    said = "The line is frozen: thaw it with water at 48 degrees."
    assert score(said) == pytest.approx(score(said, passages=PASSAGES[::-1]))


@pytest.mark.parametrize(
    ("passage", "right", "wrong"),
    [
        ("La garantie couvre les pièces pendant 5 ans.", "Les pièces sont garanties 5 ans.",
         "La livraison est gratuite."),
        ("保修期为30天。请保留收据。", "保修期为30天。", "送货是免费的。"),
        ("Гарантия действует тридцать дней.", "Гарантия тридцать дней.", "Доставка бесплатна."),
        ("التسليم خلال ثلاثين يوما", "خلال ثلاثين يوما", "الشحن مجاني"),
    ],
)  # fmt: skip
def test_other_languages(passage: str, right: str, wrong: str) -> None:
    assert score(right, passages=[passage]) > score(wrong, passages=[passage])


def test_nothing_said_or_nothing_given_is_not_grounded() -> None:
    assert score() == 0.0
    assert score("...") == 0.0
    assert score("The hub runs at 48 volts.", passages=[]) == 0.0
    assert score("The hub runs at 48 volts.", passages=[" "]) == 0.0
