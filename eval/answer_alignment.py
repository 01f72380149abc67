"""Answer alignment: how far an answer says what the reference says beyond the question."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.encoder import Encoder
from pipeline.language import language_of
from pipeline.segmentation import sentence_spans
from pipeline.term import chunk_terms, split_words

_LEXICAL = 0.5
"""Share of the words in the score; the rest is the sentences' meaning."""

# A vector that is all question has no direction left: its remainder is noise, and stays short.
_LEAST_REMAINDER = 0.2

_Terms = Callable[[str], Sequence[str]]


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


def encoded_texts(question: str, reference: str, answer: str) -> list[str]:
    """Return what `answer_alignment` may ask the encoder for, so that it can be done at once."""
    return [question, *_sentences(reference), *_sentences(answer)]


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


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def _without(vectors: NDArray[np.float32], direction: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vectors less their part along a unit vector, as unit vectors again."""
    rest = vectors - np.outer(vectors @ direction, direction)
    lengths = np.linalg.norm(rest, axis=1, keepdims=True)
    return np.asarray(rest / np.maximum(lengths, _LEAST_REMAINDER), dtype=np.float32)
