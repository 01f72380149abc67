"""The table of judges: how well every keyless answer metric agrees with people."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eval.benchmarks.human_agreement import (
    Agreement,
    balanced_accuracy,
    best_threshold,
    pearson,
    pearson_gain,
    spearman,
)
from eval.benchmarks.human_labels import ASPECTS, EDITED, RATED, Preference, Rating, half_of
from eval.cases.case import Case, Evidence
from eval.judges.judge import Judge, Judged
from eval.scores.case_score import WORD_METRICS
from pipeline.answer import Answer, Passage, Sentence
from pipeline.errors import DataError
from pipeline.files import hash_text

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Measured:
    """What every metric gives, in the order of the labels."""

    preferences: Sequence[Preference]
    ratings: Mapping[str, Sequence[Rating]]
    differences: Mapping[str, Sequence[float]]
    """Metric to the second answer's score less the first one's."""
    scores: Mapping[str, Mapping[str, Sequence[float]]]
    """Metric and set to the scores of the summaries."""


def measure_judges(
    preferences: Sequence[Preference], ratings: Mapping[str, Sequence[Rating]], judge: Judge
) -> Measured:
    """Score all answers and summaries with the judge, the word metrics and two baselines.

    An answer is compared with its reference and a summary with its source, which stand for the
    passages too.

    Raises:
        DataError: a metric could not score a text.
    """
    pairs = [(each.question, each.reference, each.answers) for each in preferences]
    asked = [
        _judged(question, reference, [text])
        for question, reference, answers in pairs
        for text in answers
    ]
    answers = _scores(asked, judge)
    differences = {
        name: [second - first for first, second in zip(values[::2], values[1::2], strict=True)]
        for name, values in answers.items()
    }
    scores: dict[str, dict[str, Sequence[float]]] = {name: {} for name in answers}
    for set_name, rated in ratings.items():
        # No question was asked, so that there is nothing to leave out.
        summaries = [_judged("-", each.source, each.sentences) for each in rated]
        for name, values in _scores(summaries, judge).items():
            scores[name][set_name] = values
    return Measured(preferences, ratings, differences, scores)


def _judged(question: str, source: str, sentences: Sequence[str]) -> Judged:
    passage = Passage(
        rank=1,
        score=1.0,
        chunk_id="",
        document="source",
        start=0,
        end=len(source),
        text=source,
        text_hash=hash_text(source),
        page=None,
        headings=(),
    )
    said = tuple(Sentence(text, (1,)) for text in sentences if text.strip())
    case = Case(
        id="source",
        question=question,
        answer=source,
        answerable=True,
        evidence=(Evidence(document="source"),),
    )
    return Judged(case, Answer(question, said, (passage,)))


def _scores(asked: Sequence[Judged], judge: Judge) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in judge.metrics}
    for score in judge.judge(asked):
        if score.status == "failed":
            raise DataError(f"{score.metric} could not score a text: {score.reason}")
        # One of the answers is empty: an abstention, to which groundedness does not apply.
        found[score.metric].append(score.value or 0.0)
    for name, measure in {**WORD_METRICS, **_BASELINES}.items():
        found[name] = [measure(each.case.answer, each.answer.text) for each in asked]
    return found


def _word_f1(source: str, answer: str) -> float:
    r"""Return the F1 of words (`\w+` in lower case), as multisets."""
    wanted, given = Counter(_words(source)), Counter(_words(answer))
    return 2.0 * (wanted & given).total() / max(1, wanted.total() + given.total())


def _word_precision(source: str, answer: str) -> float:
    r"""Return the share of the answer's words (`\w+` in lower case) that stand in the source."""
    held, given = set(_words(source)), _words(answer)
    return sum(word in held for word in given) / max(1, len(given))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


_BASELINES: Mapping[str, Callable[[str, str], float]] = {
    "baseline: word F1": _word_f1,
    "baseline: word precision": _word_precision,
}


HALVES = ("all", "choose", "confirm")

PEOPLE = "one person by another"
MODEL = "RAGChecker, a language model"

_OURS = {"overall": "answer_alignment", "cnndm": "groundedness", "xsum": "groundedness"}

Row = dict[str, Agreement | None]
"""Set to agreement; None where a metric is the same for all, or there are no such scores."""
Rows = dict[str, Row]
"""Metric to row."""
_Correlation = Callable[[Sequence[float], Sequence[float], Sequence[str]], Agreement | None]


@dataclass(frozen=True, slots=True)
class JudgesTable:
    """Agreement by metric and set, on one half of the labels or on all."""

    half: str
    pearson: Rows
    spearman: Rows
    gains: Rows
    """Winnow's metric for a set less each other one: Pearson's correlations on the same draws."""
    balanced: Rows
    """Balanced accuracy on SummEdits, with the threshold of the other half; 50 is chance."""


@dataclass(frozen=True, slots=True)
class _Sample:
    """A metric's scores, what people said of the same texts, and what is drawn together."""

    scores: Sequence[float]
    labels: Sequence[float]
    groups: Sequence[str]


def judges_table(measured: Measured, half: str) -> JudgesTable:
    """Return the agreement of every metric with people on a half, `choose`, `confirm` or `all`."""
    return JudgesTable(
        half=half,
        pearson=_correlations(measured, half, pearson),
        spearman=_correlations(measured, half, spearman),
        gains=_gains(measured, half),
        balanced={
            name: {each: _accuracy(measured.ratings[each], sets[each], half) for each in EDITED}
            for name, sets in measured.scores.items()
        },
    )


def _correlations(measured: Measured, half: str, correlation: _Correlation) -> Rows:
    def row(samples: dict[str, _Sample]) -> Row:
        return {
            name: correlation(each.scores, each.labels, each.groups)
            for name, each in samples.items()
        }

    kept = [each for each in measured.preferences if _within(each.group, half)]
    people = {
        aspect: _Sample(
            [each.labels[aspect][0] for each in kept],
            [each.labels[aspect][1] for each in kept],
            [each.group for each in kept],
        )
        for aspect in ASPECTS
    }
    model = {
        aspect: _preferred(
            measured, half, aspect, [pair.judged[aspect] for pair in measured.preferences]
        )
        for aspect in ASPECTS
    }
    metrics = {name: row(_samples(measured, half, name)) for name in measured.differences}
    return {PEOPLE: row(people), MODEL: row(model), **metrics}


def _gains(measured: Measured, half: str) -> Rows:
    ours = {
        each: _samples(measured, half, name)[each]
        for each, name in _OURS.items()
        if name in measured.differences
    }
    rows: Rows = {}
    for name in measured.differences:
        theirs = _samples(measured, half, name)
        rows[name] = {
            f"{_OURS[each]}, {each}": pearson_gain(
                own.scores, theirs[each].scores, own.labels, own.groups
            )
            for each, own in ours.items()
            if _OURS[each] != name
        }
    return rows


def _samples(measured: Measured, half: str, name: str) -> dict[str, _Sample]:
    """Return a metric's sample on each set of preferences and ratings."""
    preferred = {
        aspect: _preferred(measured, half, aspect, measured.differences[name]) for aspect in ASPECTS
    }
    rated = {
        each: _rated(measured.ratings[each], half, measured.scores[name][each]) for each in RATED
    }
    return preferred | rated


def _preferred(measured: Measured, half: str, aspect: str, differences: Sequence[float]) -> _Sample:
    """Set differences beside the preferences of both people, as RAGChecker's authors do."""
    pairs = zip(measured.preferences, differences, strict=True)
    rows = [
        (difference, label, each.group)
        for each, difference in pairs
        for label in each.labels[aspect]
        if _within(each.group, half)
    ]
    scores, labels, groups = zip(*rows, strict=True)
    return _Sample(scores, labels, groups)


def _rated(ratings: Sequence[Rating], half: str, scores: Sequence[float]) -> _Sample:
    rows = [
        (score, each.label, each.group)
        for each, score in zip(ratings, scores, strict=True)
        if _within(each.group, half)
    ]
    chosen, labels, groups = zip(*rows, strict=True)
    return _Sample(chosen, labels, groups)


def _accuracy(ratings: Sequence[Rating], scores: Sequence[float], half: str) -> Agreement:
    """Guess each half with the threshold of the other, which never saw these labels."""
    samples = {name: _rated(ratings, name, scores) for name in ("choose", "confirm")}
    threshold = {
        name: best_threshold(other.scores, [bool(label) for label in other.labels])
        for name, other in zip(samples, reversed(samples.values()), strict=True)
    }
    kept = samples if half == "all" else {half: samples[half]}
    return balanced_accuracy(
        [score >= threshold[name] for name, each in kept.items() for score in each.scores],
        [bool(label) for each in kept.values() for label in each.labels],
        [group for each in kept.values() for group in each.groups],
    )


def _within(group: str, half: str) -> bool:
    return half in ("all", half_of(group))
