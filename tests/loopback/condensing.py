"""Condensing: a follow-up as a question of its own."""

import re

from tests.loopback.tagged_prompt import TaggedPrompt
from tests.loopback.word_overlap import COMMON, words

_ASKED = re.compile(r"(?:^|\n)\s*(?:Q|Question|User):\s*(.+)")
_LEANING = re.compile(
    r"\b(?:its?|that|this|those|these|they|them|their|he|she|him|her|there|so)\b|^and\b",
    re.IGNORECASE,
)
_SHORT = 4


def standalone(prompt: TaggedPrompt) -> str:
    """Return the question; one that leans on the last one gets that one's content words."""
    before = _ASKED.findall(prompt.conversation or "")
    said = set(words(prompt.question))
    leans = _LEANING.search(prompt.question) or len(said - COMMON) < _SHORT
    if not before or not leans:
        return prompt.question
    known = said | COMMON
    asked = re.findall(r"[\w'’-]+", before[-1])
    missing = [word for word in asked if not set(words(word)) <= known]
    return f"{prompt.question.rstrip(' ?')} ({' '.join(missing)})?" if missing else prompt.question
