"""Answer alignment: what a reader would call a better answer scores higher."""

import pytest

from eval.answer_alignment import answer_alignment
from tests.fakes import BagOfWordsEncoder

ENCODER = BagOfWordsEncoder()
QUESTION = "How long may I return a pump that I bought online?"
REFERENCE = "You may return it within 30 days. The original packaging is needed."


def score(answer: str, reference: str = REFERENCE, question: str = QUESTION) -> float:
    return answer_alignment(question, reference, answer, ENCODER)


def test_the_reference_itself_scores_one_and_other_things_near_zero() -> None:
    assert score(REFERENCE) == pytest.approx(1.0)
    assert score("Lubricate the bearing twice a year.") < 0.1


def test_repeating_the_question_gains_nothing() -> None:
    assert score("You may return a pump that you bought online.") < 0.1
    plain = score("Within 30 days, in its packaging.")
    assert score(
        "You may return a pump that you bought online within 30 days, in its packaging."
    ) == (pytest.approx(plain, abs=0.15))


def test_half_an_answer_scores_between_none_and_all() -> None:
    assert score("Bearings.") < score("Within 30 days.") < score(REFERENCE)


def test_what_nobody_asked_for_costs() -> None:
    assert score(f"{REFERENCE} Bearings need grease, valves need oil.") < score(REFERENCE)


def test_another_number_costs() -> None:
    assert score(REFERENCE.replace("30", "60")) < score(REFERENCE)


def test_inflected_words_count() -> None:
    assert score("within thirty day, original package", "within thirty days, original packages") > (
        score("within thirty moon, original bags", "within thirty days, original packages")
    )


@pytest.mark.parametrize(
    ("question", "reference", "right", "wrong"),
    [
        ("Is A4 or B7 the larger hub?", "B7", "B7", "A4"),
        ("Is it safe?", "No.", "No.", "Yes."),
        ("", "It takes 30 days.", "30 days", "a year"),
        ("Quel est le délai ?", "Le délai est de trente jours.", "Trente jours.", "Une année."),
        ("Welche Frist gilt?", "Die Frist beträgt dreißig Tage.", "Dreißig Tage.", "Ein Jahr."),
        ("保修期多长？", "保修期为三十天。", "三十天", "十二个月"),
        ("ما هي المدة؟", "المدة ثلاثون يوما", "ثلاثون يوما", "سنة كاملة"),
    ],
)
def test_a_right_answer_beats_a_wrong_one(
    question: str, reference: str, right: str, wrong: str
) -> None:
    assert score(right, reference, question) > score(wrong, reference, question)


@pytest.mark.parametrize(
    ("reference", "answer", "expected"),
    [("?!", "...", 1.0), ("30 days", "...", 0.0), ("30 days", "", 0.0), ("?!", "30 days", 0.0)],
)
def test_texts_without_words(reference: str, answer: str, expected: float) -> None:
    assert score(answer, reference) == expected


def test_a_sentence_that_is_the_question_has_no_meaning_of_its_own() -> None:
    assert 0.0 <= score(QUESTION, QUESTION) <= 1.0
    assert score(QUESTION, REFERENCE) == 0.0
