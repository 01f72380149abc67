"""Extractive generation, the default: sentences of the passages themselves, picked and cited."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.answer import Generation, Passage, Sentence, Standalone, Turn
from pipeline.encoders.encoder import Encoder
from pipeline.params import GenerationParams
from pipeline.text.sentences import sentence_spans

_WORD = re.compile(r"[^\W_]+(?:[-./][^\W_]+)*")
_SHORTEST = 4
_STEM = 6
_DIGITS = 6
_LEAST_WORDS = 3
_LEAST_WORDS_OPEN = 9
_HEADING = re.compile(r"#{1,6}\s")
_MARKS = re.compile(r"^(?:[-*+•>]|\d+[.)])\s+")


@dataclass(slots=True)
class _Candidate:
    """A distinct sentence: where it first stood, and every passage that holds it."""

    text: str
    place: tuple[int, int]
    ranks: list[int]


class ExtractiveGenerator:
    """Answers with the passages' own sentences that are closest to the question."""

    def __init__(self, encoder: Encoder, params: GenerationParams) -> None:
        self._encoder = encoder
        self._params = params

    def standalone(self, question: str, history: Sequence[Turn]) -> Standalone:  # noqa: ARG002
        """Return the question as it is: without a language model a follow-up is not understood."""
        return Standalone(question)

    def generate(self, question: str, passages: Sequence[Passage]) -> Generation:
        """Return the best sentences in the passages' order; none if the best is too far off."""
        named = (exact_strings(_context(each)) for each in passages)
        if self._params.exact and not exact_strings(question) <= frozenset().union(*named):
            return Generation(())
        candidates = _candidates(passages)
        if not candidates:
            return Generation(())
        scores = self._scores(question, candidates, passages)
        chosen = self._choose(scores)
        ordered = sorted((candidates[row] for row in chosen), key=lambda each: each.place)
        return Generation(tuple(Sentence(each.text, tuple(each.ranks)) for each in ordered))

    def stream(self, question: str, passages: Sequence[Passage]) -> Iterator[Generation]:
        """Yield the answer in one piece, as it is known all at once."""
        yield self.generate(question, passages)

    def _scores(
        self, question: str, candidates: list[_Candidate], passages: Sequence[Passage]
    ) -> list[float]:
        """Mix the cosine with the share of the question's terms in sentence and passage."""
        vectors = self._encoder.encode([question, *(each.text for each in candidates)])
        # The last digits of a dot product depend on where its arrays lie in memory.
        cosines = [round(cosine, _DIGITS) for cosine in (vectors[1:] @ vectors[0]).tolist()]
        wanted = terms(question)
        around = {each.rank: coverage(wanted, terms(_context(each))) for each in passages}
        weight = self._params.lexical
        return [
            (1 - weight) * cosine
            + weight
            * (coverage(wanted, terms(each.text)) + max(around[rank] for rank in each.ranks))
            / 2
            for cosine, each in zip(cosines, candidates, strict=True)
        ]

    def _choose(self, scores: list[float]) -> list[int]:
        best = max(scores)
        if best < self._params.threshold:
            return []
        floor = max(self._params.threshold, best - self._params.margin)
        order = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
        return [row for row in order[: self._params.sentences] if scores[row] >= floor]


def _candidates(passages: Sequence[Passage]) -> list[_Candidate]:
    found: dict[str, _Candidate] = {}
    for passage in passages:
        for start, end in sentence_spans(passage.text):
            text = _MARKS.sub("", " ".join(passage.text[start:end].split()))
            if _says_something(text):
                new = _Candidate(text, (passage.rank, start), [])
                candidate = found.setdefault(text.casefold(), new)
                if passage.rank not in candidate.ranks:
                    candidate.ranks.append(passage.rank)
    return list(found.values())


def _says_something(text: str) -> bool:
    """Whether a sentence can be an answer: no heading, no question, not a scrap."""
    if _HEADING.match(text) or text.rstrip("*_ ").endswith(("?", "？", "؟")):
        return False
    if not any(letter.isalpha() for letter in text):
        return False
    if _has_digit(text):
        return True
    # Chinese and Japanese set no blanks between words: each wide letter counts as one.
    words = len(text.split()) + sum(unicodedata.east_asian_width(letter) == "W" for letter in text)
    # A line with no stop and no figure is a heading or a label unless it is long.
    closed = text.rstrip('*_ )"”»').endswith((".", "!", ";", ":", "…", "。", "！"))
    return words >= (_LEAST_WORDS if closed else _LEAST_WORDS_OPEN)


def _context(passage: Passage) -> str:
    """Return what a passage says, with the document and headings that it stands under."""
    return f"{passage.place} {passage.text}"


def terms(text: str) -> frozenset[str]:
    """Return what a text is about: its longer words cut to a stem, and all with a digit whole.

    Short words are left out as they are mostly articles and prepositions, in any language.
    """
    return frozenset(
        word if _has_digit(word) else word[:_STEM]
        for word in _words(text)
        if len(word) >= _SHORTEST or _has_digit(word)
    )


def exact_strings(text: str) -> frozenset[str]:
    """Return the codes in a text: words of letters and digits, such as E-4471 or KT-X630."""
    return frozenset(
        word for word in _words(text) if _has_digit(word) and any(map(str.isalpha, word))
    )


def coverage(wanted: frozenset[str], held: frozenset[str]) -> float:
    """Return the share of the wanted terms that are held; a term with a digit counts twice."""
    weights = {term: 2.0 if _has_digit(term) else 1.0 for term in wanted}
    total = sum(weights.values())
    return sum(weights[term] for term in wanted & held) / total if total else 0.0


def _words(text: str) -> list[str]:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(each for each in letters if not unicodedata.combining(each)))


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))
