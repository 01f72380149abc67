"""The agreement table: how well every keyless answer metric agrees with people."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
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
from eval.benchmarks.human_labels import ASPECTS, EDITED, Preference, Rating, half_of
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
"""Set to agreement; None where a metric is the same for all."""
Rows = dict[str, Row]
"""Metric to row."""


class Sample(NamedTuple):
    """A metric's scores, what people said of the same texts, and which of them are drawn together.

    A group, a question or a source, lies in one half of the labels.
    """

    scores: Sequence[float]
    labels: Sequence[float]
    groups: Sequence[str]


Samples = Mapping[str, Mapping[str, Sample]]
"""Metric to set; a person and RAGChecker's model have a row as well, on preferences alone."""


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
) -> Samples:
    """Score all answers and summaries with the judge, the word metrics and two baselines.

    An answer is compared with its reference and a summary with its source, which stand for the
    passages too.

    Raises:
        DataError: a metric could not score a text.
    """
    samples: dict[str, dict[str, Sample]] = defaultdict(dict)
    for aspect in ASPECTS:
        people = [(*each.labels[aspect], each.question) for each in preferences]
        samples[PEOPLE][aspect] = Sample(*zip(*people, strict=True))
        seen = [each.judged[aspect] for each in preferences]
        samples[MODEL][aspect] = _preferred(preferences, aspect, seen)
    asked = [
        _judged(each.question, each.reference, [text])
        for each in preferences
        for text in each.answers
    ]
    for name, values in _scores(asked, judge).items():
        differences = [values[at + 1] - values[at] for at in range(0, len(values), 2)]
        for aspect in ASPECTS:
            samples[name][aspect] = _preferred(preferences, aspect, differences)
    for set_name, rated in ratings.items():
        # No question was asked, so that there is nothing to leave out.
        summaries = [_judged("-", each.source, each.sentences) for each in rated]
        labels, sources = [each.label for each in rated], [each.source for each in rated]
        for name, values in _scores(summaries, judge).items():
            samples[name][set_name] = Sample(values, labels, sources)
    return samples


def agreement_table(samples: Samples, half: str) -> AgreementTable:
    """Return the agreement of every metric with people on a half, `choose`, `confirm` or `all`."""
    metrics = {name: sets for name, sets in samples.items() if name not in (PEOPLE, MODEL)}
    correlated = {
        name: {each: _of_half(sample, half) for each, sample in sets.items() if each not in EDITED}
        for name, sets in samples.items()
    }

    def gains(name: str) -> Row:
        return {
            f"{ours}, {each}": pearson_gain(correlated[ours][each].scores, *correlated[name][each])
            for each, ours in _OURS.items()
            if ours in metrics and ours != name
        }

    return AgreementTable(
        half=half,
        pearson=_rows(correlated, lambda sample: pearson(*sample)),
        spearman=_rows(correlated, lambda sample: spearman(*sample)),
        gains={name: gains(name) for name in metrics},
        balanced=_rows(
            {name: {each: sets[each] for each in EDITED} for name, sets in metrics.items()},
            lambda sample: _accuracy(sample, half),
        ),
    )


def _rows(samples: Samples, measure: Callable[[Sample], Agreement | None]) -> Rows:
    return {
        name: {each: measure(sample) for each, sample in sets.items()}
        for name, sets in samples.items()
    }


def _preferred(
    preferences: Sequence[Preference], aspect: str, differences: Sequence[float]
) -> Sample:
    """Set differences beside the preferences of both people, as RAGChecker's authors do."""
    pairs = zip(preferences, differences, strict=True)
    rows = [(found, said, each.question) for each, found in pairs for said in each.labels[aspect]]
    return Sample(*zip(*rows, strict=True))


def _of_half(sample: Sample, half: str) -> Sample:
    kept = [row for row in zip(*sample, strict=True) if half in ("all", half_of(row[2]))]
    return Sample(*zip(*kept, strict=True))


def _accuracy(sample: Sample, half: str) -> Agreement:
    """Guess each half with the threshold of the other, which never saw these labels."""
    halves = {name: _of_half(sample, name) for name in ("choose", "confirm")}
    threshold = {
        name: best_threshold(other.scores, [bool(label) for label in other.labels])
        for name, other in zip(halves, reversed(halves.values()), strict=True)
    }
    kept = halves if half == "all" else {half: halves[half]}
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
