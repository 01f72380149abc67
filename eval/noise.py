"""Noise: how much scores differ when nothing has changed, by the judge and by the answer.

A score of a language model's answer by a language model varies for two reasons. With the answers
frozen and judged again, what varies is the judge; with the passages frozen and the answers made
again, it is both, as answers that differ are judged apart. So the answer's variance within a
Case is what its new answers' scores vary, less the judge's for as many pairs of them as differ:
two equal answers are one request, and are judged once.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import variance

from eval.answers.answers import CaseAnswer
from eval.answers.asking import Answering
from eval.cases.case import Case
from eval.judges.judge import Judge
from eval.judges.model_judge import ModelJudge
from eval.judges.panel import JudgePanel
from eval.params import JudgeParams, ScoreParams
from eval.scores.scorecard import Score
from eval.scores.summary import bootstrap_mean
from eval.scoring import score_each_answer
from pipeline.answer import Answer, Passage

STEADY_ANSWER = "the Version answers without a language model: its answers do not vary"
STEADY_JUDGE = "no language model judges: every score of an answer is the same each time"

AnswerAgain = Callable[[int], list[CaseAnswer]]
"""Number of a repeat, from 0, to all answers made anew from the passages that they had."""

Readings = Mapping[str, Mapping[str, Sequence[float]]]
"""Metric to Case to what was measured, time after time."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """Standard deviation within a Case, pooled over the Cases, and its bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class MetricNoise:
    """What a metric varies by.

    `judge` is of one judgement and `answer` of one answer. The errors are what they contribute to
    the standard error of the mean over `cases` Cases, each answered once and judged as often as
    `judge.repeats` says.
    """

    metric: str
    cases: int
    judge: Deviation
    answer: Deviation
    judge_error: float
    answer_error: float


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


def estimate_noise(
    judged: Readings,
    answered: Readings,
    differing: Mapping[str, float],
    repeats: int,
    params: ScoreParams,
) -> list[MetricNoise]:
    """Estimate both standard deviations of every metric, in the order of `answered`.

    Args:
        judged: Frozen answers, judged again and again; a metric that is not there has no judge
            that could vary.
        answered: Frozen passages, answered again and again.
        differing: The share of pairs of a Case's new answers that differ.
        repeats: How often a score is asked for as a rule: `judge.repeats`.
        params: Level, resamples and seed of the bootstrap over the Cases.
    """
    found = []
    for metric, values in answered.items():
        by_judge = _variances(judged.get(metric, {}))
        usual = math.fsum(by_judge.values()) / len(by_judge) if by_judge else 0.0
        by_answer = {
            case_id: both - differing.get(case_id, 0.0) * by_judge.get(case_id, usual)
            for case_id, both in _variances(values).items()
        }
        judge, answer = _deviation(by_judge, params), _deviation(by_answer, params)
        judge_error = judge.value / math.sqrt(repeats * len(values))
        answer_error = answer.value / math.sqrt(len(values))
        found.append(MetricNoise(metric, len(values), judge, answer, judge_error, answer_error))
    return found


def readings(runs: Iterable[Iterable[Score]]) -> Readings:
    """Return what several runs measured, leaving out what could not be scored."""
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        for score in run:
            if score.value is not None:
                values[score.metric][score.case_id].append(score.value)
    return values


def differing_pairs(runs: Sequence[Sequence[CaseAnswer]]) -> dict[str, float]:
    """Return, by Case, the share of the pairs of its answers that differ in their text."""
    texts: dict[str, list[str]] = defaultdict(list)
    for run in runs:
        for each in run:
            if each.answer is not None:
                texts[each.case_id].append(each.answer.text)
    return {case_id: _differing(every) for case_id, every in texts.items()}


class FrozenPassages:
    """Answers from the passages that a question got before, and retrieves nothing."""

    def __init__(self, answerer: Answering, answers: Sequence[CaseAnswer]) -> None:
        """Take what generates, and the answers whose passages are kept."""
        self._answerer = answerer
        self._passages = {
            each.answer.question: list(each.answer.passages)
            for each in answers
            if each.answer is not None
        }

    def retrieve(self, question: str) -> list[Passage]:
        """Return the passages that the question got."""
        return self._passages[question]

    def generate(self, question: str, passages: Sequence[Passage]) -> Answer:
        """Answer from passages."""
        return self._answerer.generate(question, passages)

    def rank(self, question: str, characters: int) -> list[Passage]:  # noqa: ARG002
        """Return nothing: no ranking is made anew."""
        return []


def _variances(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return the variance within each Case that was measured at least twice, by Case id."""
    return {
        case_id: float(variance(values[case_id]))
        for case_id in sorted(values)
        if len(values[case_id]) > 1
    }


def _deviation(variances: Mapping[str, float], params: ScoreParams) -> Deviation:
    pooled = bootstrap_mean(
        list(variances.values()),
        confidence=params.confidence,
        resamples=params.resamples,
        seed=params.seed,
    )
    if pooled is None:
        return Deviation(0.0, 0.0, 0.0)
    # An estimate of a variance that is a difference can fall below 0; the variance cannot.
    return Deviation(*(math.sqrt(max(0.0, x)) for x in (pooled.mean, pooled.low, pooled.high)))


def _differing(texts: Sequence[str]) -> float:
    pairs = len(texts) * (len(texts) - 1)
    same = sum(count * (count - 1) for count in Counter(texts).values())
    return (pairs - same) / pairs if pairs else 0.0
