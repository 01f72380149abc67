"""TextJudge: which Scores a Case gets, and that they do not depend on other Cases."""

import pytest

from eval.cases.case import Case, Evidence
from eval.judges.judge import Judge, Judged
from eval.judges.text_judge import TEXT_METRICS, TextJudge, answer_alignment, groundedness
from eval.scores.scorecard import Score
from pipeline.answer import Answer, Passage, Sentence
from tests.fakes import BagOfWordsEncoder, LetterEncoder

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


PASSAGES = [
    "The hub runs at 48 volts. Error E-4471 means that the return line is frozen.",
    "Thaw the line slowly with warm water before the next start.",
]


def groundedness_score(*sentences: str, passages: list[str] | None = None) -> float:
    return groundedness(PASSAGES if passages is None else passages, sentences, ENCODER)


def test_sentences_of_the_passages_score_one() -> None:
    assert groundedness_score("The hub runs at 48 volts.") == pytest.approx(1.0)
    assert groundedness_score(
        "The hub runs at 48 volts. Thaw the line slowly with warm water before the next start."
    ) == pytest.approx(1.0)


def test_an_unsupported_sentence_lowers_it() -> None:
    supported = groundedness_score("The hub runs at 48 volts.")
    assert (
        groundedness_score("The hub runs at 48 volts.", "Its warranty covers seven years.")
        < supported
    )
    assert groundedness_score("Its warranty covers seven years.") < 0.35


def test_a_wrong_number_lowers_it_more_than_another_wrong_word() -> None:
    right = groundedness_score("The hub runs at 48 volts.")
    word, number = (
        groundedness_score("The fan runs at 48 volts."),
        groundedness_score("The hub runs at 24 volts."),
    )
    assert number < word < right
    assert number == 0.0


def test_a_wrong_code_lowers_it() -> None:
    assert groundedness_score("Error E-4472 means that the return line is frozen.") < 0.6


def test_a_paraphrase_lies_between_a_quote_and_something_else() -> None:
    quote = groundedness_score("Thaw the line slowly with warm water.")
    other = groundedness_score("Invoices are sent at the end of a quarter.")
    assert other < groundedness_score("Warm water thaws the frozen line slowly.") < quote


def test_order_of_the_passages_does_not_matter() -> None:
    said = "The line is frozen: thaw it with water at 48 degrees."
    assert groundedness_score(said) == pytest.approx(
        groundedness_score(said, passages=PASSAGES[::-1])
    )


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
    assert groundedness_score(right, passages=[passage]) > groundedness_score(
        wrong, passages=[passage]
    )


def test_nothing_said_or_nothing_given_is_not_grounded() -> None:
    assert groundedness_score() == 0.0
    assert groundedness_score("...") == 0.0
    assert groundedness_score("The hub runs at 48 volts.", passages=[]) == 0.0
    assert groundedness_score("The hub runs at 48 volts.", passages=[" "]) == 0.0


TEXT = "The hub runs at 48 volts."


def judged(
    answer: str | None = TEXT, reference: str = TEXT, *, dropped: tuple[int, ...] = ()
) -> Judged:
    case = Case(
        id="one",
        question="At what voltage?",
        answer=reference,
        answerable=True,
        evidence=(Evidence(document="a.md"),),
    )
    passages = tuple(
        Passage(rank, 1.0, f"{rank}", "a.md", 0, len(text), text, "", None, ())
        for rank, text in enumerate(("Fans are loud.", TEXT), start=1)
    )
    said = () if answer is None else (Sentence(answer, (1,)),)
    return Judged(case, Answer(case.question, said, passages, dropped=dropped))


def scores(*answers: Judged) -> dict[str, Score]:
    found = TextJudge(TEXT_METRICS, BagOfWordsEncoder()).judge(answers)
    return {score.metric: score for score in found}


def test_it_is_a_judge_that_spends_nothing() -> None:
    judge = TextJudge(["token_f1", "groundedness"], BagOfWordsEncoder())
    assert isinstance(judge, Judge)
    assert judge.metrics == ("groundedness",)
    assert judge.spent.tokens == 0
    assert judge.judge([]) == []


def test_the_reference_out_of_a_passage_is_grounded_and_aligned() -> None:
    found = scores(judged())
    assert {name: score.value for name, score in found.items()} == {
        "groundedness": 1.0,
        "answer_alignment": 1.0,
    }


def test_an_abstention_aligns_with_nothing_and_claims_nothing() -> None:
    found = scores(judged(None))
    assert found["answer_alignment"].value == 0.0
    assert found["groundedness"].status == "not_applicable"


def test_without_a_reference_groundedness_is_measured_all_the_same() -> None:
    found = scores(judged(reference=""))
    assert found["answer_alignment"].status == "not_applicable"
    assert found["groundedness"].value == 1.0


def test_a_passage_that_did_not_fit_supports_nothing() -> None:
    value = scores(judged(dropped=(2,)))["groundedness"].value
    assert value is not None
    assert value < 0.5


def test_other_cases_change_no_score() -> None:
    alone = scores(judged("It runs at 24 volts."))
    among = TextJudge(TEXT_METRICS, BagOfWordsEncoder()).judge(
        [judged(), judged("It runs at 24 volts."), judged(None)]
    )
    assert among[2:4] == [alone["groundedness"], alone["answer_alignment"]]


def test_its_hash_tells_metrics_and_encoders_apart() -> None:
    both = TextJudge(TEXT_METRICS, BagOfWordsEncoder())
    assert both.hash == TextJudge(reversed(TEXT_METRICS), BagOfWordsEncoder()).hash
    assert both.hash != TextJudge(TEXT_METRICS, LetterEncoder()).hash
    assert both.hash != TextJudge(["groundedness"], BagOfWordsEncoder()).hash
