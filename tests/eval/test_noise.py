from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.answers.answers import CaseAnswer
from eval.judges.panel import open_judges
from eval.noise import (
    STEADY_ANSWER,
    STEADY_JUDGE,
    AnswerAgain,
    FrozenPassages,
    MetricNoise,
    NoiseStudy,
    differing_pairs,
    estimate_noise,
    readings,
    study_noise,
)
from eval.params import JudgedMetric
from eval.scores.scorecard import Score
from pipeline.answer import Answer, Passage, Sentence
from tests.loopback.fixture import LoopbackServer
from tests.support.judged_answers import (
    GOOD,
    REFERENCE,
    endpoints_of,
    judge_params,
    judged,
    score_params,
)


class Quoting:
    """Answers with the text of the first passage."""

    def generate(self, question: str, passages: Sequence[Passage]) -> Answer:
        return Answer(question, (Sentence(passages[0].text, (1,)),), tuple(passages))


def test_a_question_is_answered_from_the_passages_that_it_got() -> None:
    given = judged().answer
    frozen = FrozenPassages(Quoting(), [CaseAnswer("c", given), CaseAnswer("d", None, error="x")])
    passages = frozen.retrieve(given.question)
    assert tuple(passages) == given.passages
    assert frozen.generate(given.question, passages).text == given.passages[0].text
    assert frozen.rank(given.question, 1000) == []


PARAMS = score_params(metrics=(), resamples=500)
CASES, REPEATS = 400, 5


def drawn(judge: float, answer: float, same: bool = False) -> MetricNoise:
    """What is found where both deviations are known; `same`: half of the answers are equal."""
    generator = np.random.default_rng(3)
    judged = generator.normal(0.5, judge, (CASES, REPEATS))
    texts = np.tile(np.arange(REPEATS), (CASES, 1))
    if same:
        texts[:, 1:3] = 0
    by_text = generator.normal(0.5, answer, (CASES, REPEATS)) + generator.normal(
        0.0, judge, (CASES, REPEATS)
    )
    answered = np.take_along_axis(by_text, texts, axis=1)
    runs = [
        [answer_of(f"c{row}", f"text {texts[row, repeat]}") for row in range(CASES)]
        for repeat in range(REPEATS)
    ]
    [noise] = estimate_noise(
        {"m": {f"c{row}": list(judged[row]) for row in range(CASES)}},
        {"m": {f"c{row}": list(answered[row]) for row in range(CASES)}},
        differing_pairs(runs),
        repeats=1,
        params=PARAMS,
    )
    return noise


def answer_of(case_id: str, text: str | None) -> CaseAnswer:
    if text is None:
        return CaseAnswer(case_id, None, error="away")
    return CaseAnswer(case_id, Answer("q?", (Sentence(text, ()),), ()))


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize(("judge", "answer"), [(0.2, 0.3), (0.3, 0.1), (0.0, 0.2), (0.2, 0.0)])
def test_both_deviations_are_found_again(judge: float, answer: float, same: bool) -> None:
    # Equal answers are one draw, so that the answer's own variance shrinks with them.
    expected = answer * (0.7**0.5 if same else 1.0)
    found = drawn(judge, answer, same)
    assert found.judge.low <= judge <= found.judge.high
    assert found.answer.low - 0.01 <= expected <= found.answer.high + 0.01
    assert found.answer.value == pytest.approx(expected, abs=0.06 if answer == 0.0 else 0.03)


def test_what_they_contribute_to_the_error_of_the_mean_falls_with_cases_and_repeats() -> None:
    measured = {"m": {"a": [0.0, 1.0], "b": [0.5, 0.5]}}
    [one] = estimate_noise(measured, measured, {}, 1, PARAMS)
    [four] = estimate_noise(measured, measured, {}, 4, PARAMS)
    assert one.cases == 2
    assert one.judge.value == pytest.approx(0.5)
    assert one.judge_error == pytest.approx(0.5 / 2**0.5)
    assert four.judge_error == pytest.approx(one.judge_error / 2)
    assert four.answer_error == one.answer_error


def test_a_metric_that_no_judge_gives_varies_by_the_answer_alone() -> None:
    [noise] = estimate_noise({}, {"m": {"a": [0.0, 1.0]}}, {"a": 1.0}, 1, PARAMS)
    assert (noise.judge.value, noise.judge.low, noise.judge.high) == (0.0, 0.0, 0.0)
    assert noise.answer.value == pytest.approx(0.5**0.5)


def test_what_could_not_be_scored_twice_says_nothing() -> None:
    measured = readings(
        [
            [Score.of("a", "m", 1.0), Score.failed("b", "m", "away")],
            [Score.failed("a", "m", "away"), Score.of("b", "m", 0.0)],
        ]
    )
    [noise] = estimate_noise({}, measured, {}, 1, PARAMS)
    assert (noise.cases, noise.answer.value) == (2, 0.0)


def test_the_share_of_pairs_that_differ() -> None:
    runs = [
        [answer_of("a", text), answer_of("b", "same"), answer_of("c", None)]
        for text in ("one", "two", "one")
    ]
    assert differing_pairs(runs) == {"a": pytest.approx(2 / 3), "b": 0.0}


STUDIED = score_params(metrics=("token_f1", "chrf"))
METRICS: tuple[JudgedMetric, ...] = ("faithfulness", "factual_correctness")
FROZEN = [judged(name) for name in ("a", "b", "c", "d")]
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


def studied(
    server: LoopbackServer, folder: Path, again: AnswerAgain | None, provider: str = "groq"
) -> NoiseStudy:
    judging = judge_params(metrics=METRICS, provider=provider)
    with endpoints_of(server, folder) as endpoints:
        judges = open_judges(STUDIED, judging, folder / "encoders", endpoints)
        cases = [each.case for each in FROZEN]
        return study_noise(cases, answers(GOOD), again, judges, 3, STUDIED, judging)


def by_metric(study: NoiseStudy) -> dict[str, MetricNoise]:
    return {each.metric: each for each in study.metrics}


def test_a_fickle_judge_is_the_judges_noise_and_not_the_answers(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    loopback.control(judge="fickle", fickleness=0.5)
    found = by_metric(studied(loopback, tmp_path, lambda _: answers(GOOD)))
    for metric in METRICS:
        assert found[metric].judge.value > 0.1
        assert found[metric].judge_error > 0.0
        assert found[metric].answer.value == found[metric].answer.high == 0.0
    assert found["token_f1"].judge.high == found["chrf"].judge.high == 0.0


def test_answers_that_change_are_the_answers_noise_and_not_the_judges(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    found = by_metric(studied(loopback, tmp_path, lambda repeat: answers(SAID[repeat])))
    for metric in (*METRICS, "token_f1", "chrf"):
        assert found[metric].judge.value == found[metric].judge.high == 0.0
        assert found[metric].answer.value > 0.1
    assert found["citation_coverage"].answer.value == 0.0


def test_what_cannot_vary_is_said_and_not_asked(loopback: LoopbackServer, tmp_path: Path) -> None:
    found = studied(loopback, tmp_path, None, provider="none")
    assert found.notes == (STEADY_ANSWER, STEADY_JUDGE)
    assert {each.answer.value for each in found.metrics} == {0.0}
    assert {each.metric for each in found.metrics} > {"token_f1", "chrf", "citation_precision"}
    assert not loopback.calls
