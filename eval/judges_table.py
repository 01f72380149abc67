"""The table of judges: how well every keyless answer metric agrees with people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.human_agreement import (
    Agreement,
    balanced_accuracy,
    best_threshold,
    pearson,
    pearson_gain,
    spearman,
)
from eval.judges_layout import ASPECTS, EDITED, RATED, Rating, half_of
from eval.judges_scores import Measured

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
