"""TextJudge: metrics of Winnow's own, from words and vectors, without a language model."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from eval.judges.judge import Judged
from eval.scores.case_score import ABSTAINED, NO_REFERENCE
from eval.scores.scorecard import Score, Spent
from pipeline.encoders.cache import RememberingEncoder
from pipeline.encoders.encoder import Encoder
from pipeline.files import hash_of
from pipeline.text.language import chunk_terms, language_of, split_words
from pipeline.text.sentences import sentence_spans

TEXT_METRICS = ("groundedness", "answer_alignment")

_LIBRARIES = ("PyStemmer", "sentencex", "numpy")

_DIGITS = 6

# Raise when a metric is computed in another way.
_REVISION = 1

_LEXICAL = 0.5
"""Share of the words in the score; the rest is the sentences' meaning."""

# A vector that is all question has no direction left: its remainder is noise, and stays short.
_LEAST_REMAINDER = 0.2

_Terms = Callable[[str], Sequence[str]]


class TextJudge:
    """Scores answers with `groundedness` and `answer_alignment`.

    An abstention aligns with nothing: 0. It says nothing that a passage could bear out:
    not applicable. Where nothing was retrieved, nothing is borne out: 0.
    """

    def __init__(self, metrics: Iterable[str], encoder: Encoder) -> None:
        """Keep those of the metrics that are Winnow's own."""
        self.metrics = tuple(name for name in metrics if name in TEXT_METRICS)
        self.spent = Spent()
        self._encoder = encoder

    @property
    def hash(self) -> str:
        """Content hash of metrics, encoder and library versions."""
        libraries = {name: version(name) for name in _LIBRARIES}
        return hash_of([_REVISION, sorted(self.metrics), self._encoder.hash, libraries])

    def judge(self, answers: Sequence[Judged]) -> list[Score]:
        """Return a Score for every metric and Answer, in that order within each Answer."""
        if not self.metrics or not answers:
            return []
        texts = {text for each in answers for name in self.metrics for text in _texts(name, each)}
        # The same passages come back with Case after Case, so each sentence is encoded once.
        encoder = RememberingEncoder(self._encoder, kept=max(1, len(texts)))
        encoder.encode(sorted(texts), "encode")
        return [
            _score(name, each, encoder)
            for each in tqdm(answers, desc="judge", unit="answer", disable=None)
            for name in self.metrics
        ]


def answer_alignment(question: str, reference: str, answer: str, encoder: Encoder) -> float:
    """Return 0 to 1: the mean of two F1 measures between the reference and the answer.

    One compares words: stems without frequent words, counted as multisets, as in SQuAD's F1.
    The other compares meaning: the squared cosine of each sentence with the closest one of the
    other text, weighted by its words. From both, what the question says already is removed: its
    words, and its direction from the vectors of sentences. Every answer repeats the question, so
    that it tells good answers from bad ones only by accident.

    A reference that holds nothing but words of the question is compared with them, one of
    frequent words alone (`no`) with those too. Two texts without any word are equal.
    """
    terms, beyond = _terms(question, reference)
    wanted, given = Counter(terms(reference)), Counter(terms(answer))
    if not wanted or not given:
        return float(wanted == given)
    words = 2.0 * (wanted & given).total() / (wanted.total() + given.total())
    meaning = _shared_meaning(question if beyond else "", reference, answer, terms, encoder)
    return _LEXICAL * words + (1.0 - _LEXICAL) * meaning


def groundedness(passages: Sequence[str], sentences: Sequence[str], encoder: Encoder) -> float:
    """Return 0 to 1, the mean over the sentences; 1 where each stands in the passages as it is.

    A sentence scores the mean of three: the share of its words, and of its pairs of neighbouring
    words, that the passages hold (stems without frequent words), and the cosine of its vector
    with the closest sentence of the passages. That mean is multiplied by the share of its
    numbers that the passages hold, because a wrong figure is wrong however close the rest.

    It sees what is unsupported, not what is contradicted: `more than` for `less than` costs
    next to nothing. Sentences without a word are left out; an answer without any scores 0.
    """
    said = [each for text in sentences for each in _sentences(text) if split_words(each)]
    source = [each for text in passages for each in _sentences(text)]
    if not said or not source:
        return 0.0
    supported = _support_by(passages)
    cosines = encoder.encode(said) @ encoder.encode(source).T
    closest = np.clip(cosines.max(axis=1), 0.0, 1.0).tolist()
    return fmean(map(supported, said, closest))


def _texts(metric: str, judged: Judged) -> list[str]:
    """Return what a metric may ask the encoder for, so that it can be done at once."""
    case, answer = judged.case, judged.answer
    if metric == "groundedness":
        said = [sentence.text for sentence in answer.sentences]
        return [each for text in (*judged.contexts, *said) for each in _sentences(text)]
    return [case.question, *_sentences(case.answer), *_sentences(answer.text)]


def _score(metric: str, judged: Judged, encoder: Encoder) -> Score:
    case, answer = judged.case, judged.answer
    if metric == "groundedness":
        if answer.abstained:
            return Score.not_applicable(case.id, metric, ABSTAINED)
        said = [sentence.text for sentence in answer.sentences]
        value = groundedness(judged.contexts, said, encoder)
    elif not case.answer.strip():
        return Score.not_applicable(case.id, metric, NO_REFERENCE)
    elif answer.abstained:
        value = 0.0
    else:
        value = answer_alignment(case.question, case.answer, answer.text, encoder)
    # The last digits of a dot product depend on where its arrays lie in memory.
    return Score.of(case.id, metric, round(value, _DIGITS))


def _terms(question: str, reference: str) -> tuple[_Terms, bool]:
    """Return what is compared of a text, and whether that leaves out what the question says."""
    language = language_of(split_words(f"{reference} {question}"))

    def content(text: str) -> Sequence[str]:
        return chunk_terms(split_words(text), language, 0).words

    asked = frozenset(content(question))

    def own(text: str) -> Sequence[str]:
        return [term for term in content(text) if term not in asked]

    if own(reference):
        return own, bool(asked)
    return (content if content(reference) else split_words), False


def _shared_meaning(
    question: str, reference: str, answer: str, terms: _Terms, encoder: Encoder
) -> float:
    wanted, wanted_weights = _weighed(reference, terms)
    given, given_weights = _weighed(answer, terms)
    vectors = encoder.encode([*wanted, *given])
    if question:
        vectors = _without(vectors, encoder.encode([question])[0])
    cosines = vectors[: len(wanted)] @ vectors[len(wanted) :].T
    shared = np.square(np.clip(cosines, 0.0, 1.0))
    recall = float(np.average(shared.max(axis=1), weights=wanted_weights))
    precision = float(np.average(shared.max(axis=0), weights=given_weights))
    return 2.0 * precision * recall / (precision + recall) if precision + recall else 0.0


def _weighed(text: str, terms: _Terms) -> tuple[list[str], list[int]]:
    """Return the sentences that hold any term, and how many."""
    counts = {sentence: len(terms(sentence)) for sentence in _sentences(text)}
    kept = [sentence for sentence in counts if counts[sentence]]
    # A term may straddle two sentences only where no blank parts them: then the text is one.
    return (kept, [counts[each] for each in kept]) if kept else ([text], [1])


def _without(vectors: NDArray[np.float32], direction: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vectors less their part along a unit vector, as unit vectors again."""
    rest = vectors - np.outer(vectors @ direction, direction)
    lengths = np.linalg.norm(rest, axis=1, keepdims=True)
    return np.asarray(rest / np.maximum(lengths, _LEAST_REMAINDER), dtype=np.float32)


def _support_by(passages: Sequence[str]) -> Callable[[str, float], float]:
    """Return what scores a sentence by the passages, given its closest cosine."""
    parts = [split_words(text) for text in passages]
    every = [word for part in parts for word in part]
    language = language_of(every)
    # A pair never joins the end of one passage to the next one's start.
    found = [chunk_terms(part, language, 0) for part in parts]
    held = frozenset(word for each in found for word in each.words)
    pairs = frozenset(pair for each in found for pair in each.pairs)
    numbers = frozenset(_numbers(every))

    def support(sentence: str, closest: float) -> float:
        words = split_words(sentence)
        terms = chunk_terms(words, language, 0)
        shares = [_share(terms.words, held), _share(terms.pairs, pairs), closest]
        figures = _share(_numbers(words), numbers)
        known = fmean(share for share in shares if share is not None)
        return known * (1.0 if figures is None else figures)

    return support


def _share(wanted: Sequence[str], held: frozenset[str]) -> float | None:
    """Return the share of the wanted that is held; None where nothing is wanted."""
    counts = Counter(wanted)
    if not counts:
        return None
    return sum(count for each, count in counts.items() if each in held) / counts.total()


def _numbers(words: Sequence[str]) -> list[str]:
    return [word for word in words if any(map(str.isdigit, word))]


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]
