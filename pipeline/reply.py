"""Reply: what a model's words amount to, be it an answer, none, or a question put anew."""

import re
from collections.abc import Sequence

from pipeline.answer import Sentence
from pipeline.prompt import NOT_IN_DOCUMENTS

_OPENED, _CLOSED = "<think>", "</think>"
_LEAST_PART = len("NOT")
_LABEL = re.compile(
    r"[*_#\s]*(?:[^\W\d]+[ -]){0,3}(?:question|q)[*_\s]*[:：][*_\s]*", re.IGNORECASE
)
_QUOTES = "\"'`*_“”„‘’«»「」 \t"
_LONGER = 4
_ALWAYS_LONG_ENOUGH = 300


def spoken(text: str) -> str:
    """Return a reply without the reasoning that some models put before it."""
    text = text.lstrip()
    if _CLOSED in text:
        return text.rpartition(_CLOSED)[2].lstrip()
    return "" if text.startswith(_OPENED) or _OPENED.startswith(text) else text


def settled_part(text: str) -> str:
    """Return a reply that still grows without the beginning of the sentence that is no answer."""
    for length in range(len(NOT_IN_DOCUMENTS), 0, -1):
        part = NOT_IN_DOCUMENTS[:length]
        if text.endswith(part) and (length >= _LEAST_PART or text == part):
            return text[: -len(part)]
    return text


def declines(sentences: Sequence[Sentence]) -> bool:
    """Whether an answer comes to this: the documents do not hold one.

    It does if it says so and no sentence beside that cites a passage, or if it says nothing.
    """
    refusals = [each for each in sentences if _refuses(each)]
    others = [each for each in sentences if not _refuses(each)]
    return not others or (bool(refusals) and not any(each.citations for each in others))


def as_question(text: str, question: str) -> str:
    """Return the question that a model's reply holds, or `question` where it holds none.

    A reply far longer than a question, or of no word, is not one.
    """
    lines = [line.strip() for line in spoken(text).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].endswith((":", "：")):
        del lines[0]
    if not lines:
        return question
    found = _LABEL.sub("", lines[0], count=1) if _LABEL.match(lines[0]) else lines[0]
    found = " ".join(found.strip(_QUOTES).split())
    longest = max(_ALWAYS_LONG_ENOUGH, _LONGER * len(question))
    usable = len(found) <= longest and any(letter.isalpha() for letter in found)
    return found if usable and NOT_IN_DOCUMENTS not in found else question


def _refuses(sentence: Sentence) -> bool:
    """Whether a sentence is the one that stands for no answer; in lower case it may be a claim."""
    if NOT_IN_DOCUMENTS in sentence.text:
        return True
    text = sentence.text.strip("*_. \"'").casefold()
    wanted = NOT_IN_DOCUMENTS.casefold()
    return text == wanted or (wanted in text and not sentence.citations)
