"""Groundedness: how far the sentences of an answer are borne out by the passages it was given."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

import numpy as np

from pipeline.encoder import Encoder
from pipeline.language import language_of
from pipeline.segmentation import sentence_spans
from pipeline.term import Terms, chunk_terms, split_words


def groundedness(passages: Sequence[str], sentences: Sequence[str], encoder: Encoder) -> float:
    """Return 0 to 1, the mean over the sentences; 1 where each stands in the passages as it is.

    A sentence scores the mean of three: the share of its words, and of its pairs of neighbouring
    words, that the passages hold (stems without frequent words), and the cosine of its vector
    with the closest sentence of the passages. That mean is multiplied by the share of its
    numbers that the passages hold, because a wrong figure is wrong however close the rest.

    It sees what is unsupported, not what is contradicted: `more than` for `less than` costs
    next to nothing. Sentences without a word are left out; an answer without any scores 0.
    """
    source = _Source(tuple(passages))
    said = [each for text in sentences for each in _sentences(text) if split_words(each)]
    if not said or not source.sentences:
        return 0.0
    cosines = encoder.encode(said) @ encoder.encode(source.sentences).T
    closest = np.clip(cosines.max(axis=1), 0.0, 1.0).tolist()
    return fmean(source.supports(text, near) for text, near in zip(said, closest, strict=True))


def encoded_texts(passages: Sequence[str], sentences: Sequence[str]) -> list[str]:
    """Return what `groundedness` asks the encoder for, so that it can be done at once."""
    return [each for text in (*passages, *sentences) for each in _sentences(text)]


@dataclass(frozen=True)
class _Source:
    """The passages, as what a sentence is looked up in."""

    passages: tuple[str, ...]

    @cached_property
    def sentences(self) -> list[str]:
        return [each for text in self.passages for each in _sentences(text)]

    @cached_property
    def words(self) -> list[str]:
        return [word for text in self.passages for word in split_words(text)]

    @cached_property
    def language(self) -> str | None:
        return language_of(self.words)

    @cached_property
    def terms(self) -> tuple[frozenset[str], frozenset[str]]:
        """Words and pairs; a pair never joins the end of one passage to the next one's start."""
        found = [self.terms_of(split_words(text)) for text in self.passages]
        return (
            frozenset(word for each in found for word in each.words),
            frozenset(pair for each in found for pair in each.pairs),
        )

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(_numbers(self.words))

    def terms_of(self, words: Sequence[str]) -> Terms:
        return chunk_terms(words, self.language, 0)

    def supports(self, sentence: str, closest: float) -> float:
        words = split_words(sentence)
        terms = self.terms_of(words)
        held, pairs = self.terms
        shares = [_share(terms.words, held), _share(terms.pairs, pairs), closest]
        known = [share for share in shares if share is not None]
        figures = _share(_numbers(words), self.numbers)
        return fmean(known) * (1.0 if figures is None else figures)


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
