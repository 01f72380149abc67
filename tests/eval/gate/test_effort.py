from eval.answers.answers import CaseAnswer
from eval.gate.effort import guarded_effort, spending_scores, time_both
from pipeline.answer import Answer, Generation, Sentence
from pipeline.answerer import Answerer
from tests.app.report.sample_verdict import CASES
from tests.fakes import ScriptedRetriever
from tests.support.gates import gate_params
from tests.support.models import ScriptedGenerator

FIVE = CASES[1:6]


def answerer(seconds: float) -> Answerer:
    said = Generation((Sentence("Five years.", ()),))
    script = {case.question: said for case in FIVE}
    return Answerer(ScriptedRetriever({}), ScriptedGenerator(script, seconds), top_k=2)


def test_only_what_a_guard_looks_at_is_measured() -> None:
    assert guarded_effort(gate_params()) == set()
    asked = gate_params(guards={"latency_ms.p95": 20.0, "cost": 0.1, "abstention_wrong": 0.1})
    assert guarded_effort(asked) == {"latency_ms", "cost"}


def test_without_a_language_model_nothing_is_spent_and_what_is_not_known_is_a_reason() -> None:
    answers = {
        "c001": CaseAnswer("c001", Answer("?", (), ())),
        "c002": CaseAnswer("c002", Answer("?", (), (), tokens=70, cost=0.02)),
        "c003": CaseAnswer("c003", Answer("?", (), (), tokens=80)),
        "c004": CaseAnswer("c004", None, error="the model is away"),
    }
    costs = spending_scores({"cost", "latency_ms"}, FIVE, answers)
    assert {each.metric for each in costs} == {"cost"}
    assert [each.value or each.reason for each in costs[1:]] == [
        0.02,
        "the model's price is not known",
        "not answered: the model is away",
        "not answered: its answer is not at hand",
    ]
    assert costs[0].value == 0.0
    tokens = spending_scores({"tokens"}, FIVE, answers)
    assert [each.value for each in tokens] == [0.0, 70.0, 80.0, None, None]


def test_both_are_timed_in_milliseconds_case_by_case() -> None:
    slow, fast = time_both(FIVE, answerer(0.03), answerer(0.0))
    assert [each.case_id for each in slow] == [each.case_id for each in fast]
    assert all(each.metric == "latency_ms" for each in slow + fast)
    for mine, theirs in zip(slow, fast, strict=True):
        assert mine.value is not None
        assert theirs.value is not None
        assert mine.value >= 30.0
        assert mine.value > theirs.value


def test_a_version_that_raises_fails_on_that_case() -> None:
    script = {FIVE[0].question: ValueError("no room\nat all")}
    broken = Answerer(ScriptedRetriever({}), ScriptedGenerator(script), top_k=0)
    _, [first, second] = time_both(FIVE[:2], answerer(0.0), broken)
    assert (first.status, first.reason) == ("failed", "no room")
    assert second.status == "scored"
