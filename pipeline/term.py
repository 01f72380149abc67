"""Terms: what a text can be found by, which are stems, pairs of neighbours and parts of words."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.language import STOP_WORDS, frequent_words

# Marks that Python counts among no letters, though they stand inside words.
_MARKS = "\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
# Scripts that set no blanks between words, and Hangul, whose words carry their particles.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_EDGE = "_"


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one text by kind, in its order; a term that repeats stands there repeatedly."""

    words: tuple[str, ...]
    """Stems without accents; in Chinese, Japanese, Korean, Thai and their like two characters."""
    pairs: tuple[str, ...]
    """Two stems that follow each other."""
    parts: tuple[str, ...]
    """Runs of characters within a word, its ends marked; or one character of those scripts."""


def split_words(text: str) -> list[str]:
    """Return the words of a text in lower case, as they stand there."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def chunk_terms(words: Sequence[str], language: str | None, length: int) -> Terms:
    """Return what a chunk is found by; parts have `length` characters, with 0 there are none."""
    kept = [word for word in words if word not in STOP_WORDS.get(language or "", ())]
    return _terms(kept, [language], length)


def question_terms(words: Sequence[str], languages: Sequence[str], length: int) -> Terms:
    """Return what a question looks for: its words' stems in each language of the corpus."""
    frequent = frequent_words(words, languages)
    return _terms([word for word in words if word not in frequent], languages or [None], length)


def _terms(words: Sequence[str], languages: Sequence[str | None], length: int) -> Terms:
    spaced: list[str] = []
    found: list[str] = []
    parts: list[str] = []
    for word in words:
        for run in _UNSPACED.findall(word):
            found.extend(run[at : at + 2] for at in range(len(run) - 1))
            parts.extend(run if length else ())
        spaced.extend(_UNSPACED.sub(" ", word).split())
    pairs: list[str] = []
    for language in languages:
        stems = _stems(spaced, language)
        found.extend(stems)
        pairs.extend(" ".join(pair) for pair in pairwise(stems))
    if length:
        parts.extend(part for word in spaced for part in _parts(_folded(word), length))
    return Terms(tuple(found), tuple(pairs), tuple(parts))


def _stems(words: Sequence[str], language: str | None) -> list[str]:
    import Stemmer

    if language is None:
        return [_folded(word) for word in words]
    # A stemmer is not to be shared between threads, and is quick to make.
    return [_folded(stem) for stem in Stemmer.Stemmer(language).stemWords(words)]


def _parts(word: str, length: int) -> Iterator[str]:
    marked = f"{_EDGE}{word}{_EDGE}"
    for at in range(max(1, len(marked) - length + 1)):
        yield marked[at : at + length]


def _folded(word: str) -> str:
    """Return a word without accents."""
    if word.isascii():
        return word
    letters: Iterable[str] = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
