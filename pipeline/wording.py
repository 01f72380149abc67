"""Words of a text as they are compared: folded, without accents; and its exact strings."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+(?:[-./][^\W_]+)*")
_SHORTEST = 4
_STEM = 6


def terms(text: str) -> frozenset[str]:
    """Return what a text is about: its longer words cut to a stem, and all with a digit whole.

    Short words are left out as they are mostly articles and prepositions, in any language.
    """
    words = _WORD.findall(_folded(text))
    return frozenset(
        word if _has_digit(word) else word[:_STEM]
        for word in words
        if len(word) >= _SHORTEST or _has_digit(word)
    )


def exact_strings(text: str) -> frozenset[str]:
    """Return the codes in a text: words of letters and digits, such as E-4471 or KT-X630."""
    words = _WORD.findall(_folded(text))
    return frozenset(
        word for word in words if _has_digit(word) and any(letter.isalpha() for letter in word)
    )


def coverage(wanted: frozenset[str], held: frozenset[str]) -> float:
    """Return the share of the wanted terms that are held; a term with a digit counts twice."""
    total = sum(map(_weight, wanted))
    return sum(_weight(term) for term in wanted & held) / total if total else 0.0


def _weight(term: str) -> float:
    return 2.0 if _has_digit(term) else 1.0


def _has_digit(word: str) -> bool:
    return any(letter.isdigit() for letter in word)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
