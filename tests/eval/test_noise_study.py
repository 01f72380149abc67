from dataclasses import replace
from pathlib import Path

from eval.answers import CaseAnswer
from eval.judge_panel import open_judges
from eval.noise import MetricNoise
from eval.noise_study import STEADY_ANSWER, STEADY_JUDGE, AnswerAgain, NoiseStudy, study_noise
from eval.params import JudgedMetric, ScoreParams
from pipeline.answer import Sentence
from tests.judged_answers import GOOD, REFERENCE, endpoints_of, judge_params, judged
from tests.loopback.fixture import LoopbackServer

PARAMS = ScoreParams(
    budget=300,
    k=1,
    metrics=("token_f1", "chrf"),
    encoder="all-MiniLM-L6-v2",
    fuzzy=90.0,
    confidence=0.95,
    resamples=200,
    seed=7,
)
METRICS: tuple[JudgedMetric, ...] = ("faithfulness", "factual_correctness")
FROZEN = [judged(name) for name in ("a", "b", "c", "d")]
CASES = [each.case for each in FROZEN]
SAID = (GOOD, f"{REFERENCE} Bananas grow in Norway.", "The lamp may be opened at night.")


def answers(*said: str) -> list[CaseAnswer]:
    """One answer a Case, taking texts in turn."""
    return [
        CaseAnswer(
            each.case.id,
            replace(each.answer, sentences=(Sentence(said[row % len(said)], (1,)),)),
        )
        for row, each in enumerate(FROZEN)
    ]


def study(
    server: LoopbackServer, folder: Path, again: AnswerAgain | None, provider: str = "groq"
) -> dict[str, MetricNoise]:
    return {each.metric: each for each in studied(server, folder, again, provider).metrics}


def studied(
    server: LoopbackServer, folder: Path, again: AnswerAgain | None, provider: str = "groq"
) -> NoiseStudy:
    judging = judge_params(metrics=METRICS, provider=provider)
    with endpoints_of(server, folder) as endpoints:
        judges = open_judges(PARAMS, judging, folder / "encoders", endpoints)
        return study_noise(CASES, answers(GOOD), again, judges, 3, PARAMS, judging)


def test_a_fickle_judge_is_the_judges_noise_and_not_the_answers(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    loopback.control(judge="fickle", fickleness=0.5)
    found = study(loopback, tmp_path, lambda _: answers(GOOD))
    for metric in METRICS:
        assert found[metric].judge.value > 0.1
        assert found[metric].judge_error > 0.0
        assert found[metric].answer.value == found[metric].answer.high == 0.0
    assert found["token_f1"].judge.high == found["chrf"].judge.high == 0.0


def test_answers_that_change_are_the_answers_noise_and_not_the_judges(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    found = study(loopback, tmp_path, lambda repeat: answers(SAID[repeat]))
    for metric in (*METRICS, "token_f1", "chrf"):
        assert found[metric].judge.value == found[metric].judge.high == 0.0
        assert found[metric].answer.value > 0.1
    assert found["citation_coverage"].answer.value == 0.0


def test_nothing_is_asked_twice(loopback: LoopbackServer, tmp_path: Path) -> None:
    first = study(loopback, tmp_path, lambda repeat: answers(SAID[repeat]))
    asked = len(loopback.calls)
    assert study(loopback, tmp_path, lambda repeat: answers(SAID[repeat])) == first
    assert len(loopback.calls) == asked


def test_what_cannot_vary_is_said_and_not_asked(loopback: LoopbackServer, tmp_path: Path) -> None:
    found = studied(loopback, tmp_path, None, provider="none")
    assert found.notes == (STEADY_ANSWER, STEADY_JUDGE)
    assert {each.answer.value for each in found.metrics} == {0.0}
    assert {each.metric for each in found.metrics} > {"token_f1", "chrf", "citation_precision"}
    assert not loopback.calls
