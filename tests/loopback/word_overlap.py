"""Word overlap: what texts share, which is all that the fake model understands."""

import re
from collections.abc import Iterable

_COMMON = """a about after all also an and any are as at be been but by can could did do does for
from had has have he her his how i if in into is it its may more most must no not of on one or our s
shall she should so some such than that the their them then there these they this those to was we
were what when where which who whom whose why will with would you your"""
COMMON = frozenset(_COMMON.split())

_SENTENCE_END = re.compile(r"(?<=[.!?])[\])\"'”’]*\s+(?=[\"'“‘(\[]?[A-Z0-9])|\n+")
_CITATION = re.compile(r"\s*\[\d+(?:\s*[,;]\s*\d+)*\]")


def words(text: str) -> list[str]:
    """Return the words in lower case, plurals and possessives as their singular."""
    found = re.findall(r"[^\W_]+(?:[.,'’][^\W_]+)*", text.lower())
    return [_stem(re.sub(r"['’]s?$|['’]", "", word)) for word in found]


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def content(text: str) -> frozenset[str]:
    """Return the words that carry meaning; of a text without any, all words."""
    found = frozenset(words(text))
    return found - COMMON or found


def share_in(text: str, other: str) -> float:
    """Return the share of the text's content words that the other has, 0 to 1."""
    wanted = content(text)
    return len(wanted & frozenset(words(other))) / len(wanted) if wanted else 0.0


def sentences(text: str) -> list[str]:
    """Return the sentences, lines apart; blank ones are left out."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def without_citations(text: str) -> str:
    return _CITATION.sub("", text).strip()


def joined(lines: Iterable[str]) -> str:
    return " ".join(" ".join(line.split()) for line in lines)
