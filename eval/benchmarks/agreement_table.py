"""The agreement table: how well every keyless answer metric agrees with people."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

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
class ScoredTexts:
    """What every metric gives, in the order of the labels."""

    preferences: Sequence[Preference]
    ratings: Mapping[str, Sequence[Rating]]
    differences: Mapping[str, Sequence[float]]
    """Metric to the second answer's score less the first one's."""
    scores: Mapping[str, Mapping[str, Sequence[float]]]
    """Metric and set to the scores of the summaries."""


@dataclass(frozen=True, slots=True)
class AgreementTable:
    """Agreement by metric and set, on one half of the labels or on all."""

    half: str
    pearson: Rows
    spearman: Rows
    gains: Rows
    """Winnow's metric for a set less each other one: Pearson's correlations on the same draws."""
    balanced: Rows
    """Balanced accuracy on SummEdits, with the threshold of the other half; 50 is chance."""


def measure_judges(
    preferences: Sequence[Preference], ratings: Mapping[str, Sequence[Rating]], judge: Judge
) -> ScoredTexts:
    """Score all answers and summaries with the judge, the word metrics and two baselines.

    An answer is compared with its reference and a summary with its source, which stand for the
    passages too.

    Raises:
        DataError: a metric could not score a text.
    """
    asked = [
        _judged(each.question, each.reference, [text])
        for each in preferences
        for text in each.answers
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
    return ScoredTexts(preferences, ratings, differences, scores)


def agreement_table(scored: ScoredTexts, half: str) -> AgreementTable:
    """Return the agreement of every metric with people on a half, `choose`, `confirm` or `all`."""
    return AgreementTable(
        half=half,
        pearson=_correlations(scored, half, pearson),
        spearman=_correlations(scored, half, spearman),
        gains=_gains(scored, half),
        balanced={
            name: {each: _accuracy(scored.ratings[each], sets[each], half) for each in EDITED}
            for name, sets in scored.scores.items()
        },
    )


class _Sample(NamedTuple):
    """A metric's scores, what people said of the same texts, and what is drawn together."""

    scores: Sequence[float]
    labels: Sequence[float]
    groups: Sequence[str]


def _correlations(scored: ScoredTexts, half: str, correlation: _Correlation) -> Rows:
    def row(samples: Mapping[str, _Sample]) -> Row:
        return {name: correlation(*each) for name, each in samples.items()}

    people = {
        aspect: _sample(((*each.labels[aspect], each.group) for each in scored.preferences), half)
        for aspect in ASPECTS
    }
    model = {
        aspect: _preferred(
            scored, half, aspect, [each.judged[aspect] for each in scored.preferences]
        )
        for aspect in ASPECTS
    }
    metrics = {name: row(_samples(scored, half, name)) for name in scored.differences}
    return {PEOPLE: row(people), MODEL: row(model), **metrics}


def _gains(scored: ScoredTexts, half: str) -> Rows:
    samples = {name: _samples(scored, half, name) for name in scored.differences}
    return {
        name: {
            f"{ours}, {each}": pearson_gain(
                samples[ours][each].scores, theirs[each].scores, *samples[ours][each][1:]
            )
            for each, ours in _OURS.items()
            if ours in samples and ours != name
        }
        for name, theirs in samples.items()
    }


def _samples(scored: ScoredTexts, half: str, name: str) -> dict[str, _Sample]:
    """Return a metric's sample on each set of preferences and ratings."""
    differences, scores = scored.differences[name], scored.scores[name]
    preferred = {aspect: _preferred(scored, half, aspect, differences) for aspect in ASPECTS}
    rated = {each: _rated(scored.ratings[each], half, scores[each]) for each in RATED}
    return preferred | rated


def _preferred(
    scored: ScoredTexts, half: str, aspect: str, differences: Sequence[float]
) -> _Sample:
    """Set differences beside the preferences of both people, as RAGChecker's authors do."""
    pairs = zip(scored.preferences, differences, strict=True)
    rows = ((found, label, each.group) for each, found in pairs for label in each.labels[aspect])
    return _sample(rows, half)


def _rated(ratings: Sequence[Rating], half: str, scores: Sequence[float]) -> _Sample:
    pairs = zip(ratings, scores, strict=True)
    return _sample(((score, each.label, each.group) for each, score in pairs), half)


def _sample(rows: Iterable[tuple[float, float, str]], half: str) -> _Sample:
    kept = [row for row in rows if half in ("all", half_of(row[2]))]
    return _Sample(*zip(*kept, strict=True))


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
    return re.findall(r"\w+", text.lower())


_BASELINES: Mapping[str, Callable[[str, str], float]] = {
    "baseline: word F1": _word_f1,
    "baseline: word precision": _word_precision,
}
