"""TextJudge: which Scores a Case gets, and that they do not depend on other Cases."""

from eval.case import Case, Evidence
from eval.judge import Judge, Judged
from eval.score import Score
from eval.text_judge import TEXT_METRICS, TextJudge
from pipeline.answer import Answer, Passage, Sentence
from tests.fakes import BagOfWordsEncoder, LetterEncoder

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
