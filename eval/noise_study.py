"""NoiseStudy: answers judged again and passages answered again, for the noise in the scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.answers import CaseAnswer
from eval.case import Case
from eval.judge import Judge
from eval.judge_panel import JudgePanel
from eval.model_judge import ModelJudge
from eval.noise import MetricNoise, differing_pairs, estimate_noise, readings
from eval.params import JudgeParams, ScoreParams
from eval.score import Score
from eval.scoring import score_each_answer

STEADY_ANSWER = "the Version answers without a language model: its answers do not vary"
STEADY_JUDGE = "no language model judges: every score of an answer is the same each time"

AnswerAgain = Callable[[int], list[CaseAnswer]]
"""Number of a repeat, from 0, to all answers made anew from the passages that they had."""


@dataclass(frozen=True, slots=True)
class NoiseStudy:
    """What every metric of answers varies by, and what cannot vary at all, in words."""

    metrics: tuple[MetricNoise, ...]
    notes: tuple[str, ...]


def study_noise(
    cases: Sequence[Case],
    answers: Sequence[CaseAnswer],
    again: AnswerAgain | None,
    judges: tuple[Judge, ModelJudge | None],
    repeats: int,
    params: ScoreParams,
    judging: JudgeParams,
) -> NoiseStudy:
    """Judge each answer `repeats` times, and answer each Case `repeats` times, each judged once.

    Args:
        cases: The Cases, in any order.
        answers: What they got.
        again: Answers anew; None where answers cannot vary.
        judges: Without a language model, and with one that `again`'s answers are asked of once.
        repeats: At least 2.
        params: Of scoring.
        judging: Of the judge, whose usual repeats the standard errors are for.
    """
    keyless, model = judges
    judged: list[list[Score]] = []
    panel: Judge = keyless
    if model is not None:
        judged = [
            score_each_answer(cases, answers, model.once(repeat), params)
            for repeat in range(repeats)
        ]
        panel = JudgePanel([keyless, model.once(0)])
    runs = [answers] if again is None else [again(repeat) for repeat in range(repeats)]
    answered = [score_each_answer(cases, run, panel, params) for run in runs]
    metrics = estimate_noise(
        readings(judged), readings(answered), differing_pairs(runs), judging.repeats, params
    )
    notes = [STEADY_ANSWER] if again is None else []
    notes += [STEADY_JUDGE] if model is None else []
    return NoiseStudy(tuple(metrics), tuple(notes))
