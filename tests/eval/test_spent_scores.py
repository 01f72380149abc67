from eval.answers import CaseAnswer
from eval.score import Score
from eval.spent_scores import spent_scores
from pipeline.answer import Answer

ANSWERS = [
    CaseAnswer("a", Answer("?", (), (), tokens=120, cost=0.5)),
    CaseAnswer("b", None, error="the model is away"),
    CaseAnswer("c", Answer("?", (), ())),
    CaseAnswer("d", Answer("?", (), (), tokens=80)),
]


def of(metric: str) -> dict[str, Score]:
    return {score.case_id: score for score in spent_scores(ANSWERS) if score.metric == metric}


def test_without_a_language_model_nothing_was_taken() -> None:
    assert [each.value for each in of("tokens").values()] == [120.0, None, 0.0, 80.0]
    assert (of("cost")["a"].value, of("cost")["c"].value) == (0.5, 0.0)


def test_what_is_not_known_is_a_reason() -> None:
    assert of("cost")["d"].reason == "the model's price is not known"
    assert of("tokens")["b"].reason == "not answered: the model is away"
