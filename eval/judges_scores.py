"""What every keyless answer metric gives on the answers and summaries that people judged."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eval.case import Case, Evidence
from eval.case_score import WORD_METRICS
from eval.judge import Judge, Judged
from eval.judges_layout import Preference, Rating
from pipeline.answer import Answer, Passage, Sentence
from pipeline.digest import hash_text
from pipeline.errors import DataError

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
