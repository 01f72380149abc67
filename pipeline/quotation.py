"""Quotation: text that others wrote, made fit to stand inside a prompt's tags."""

import re
import unicodedata

from pipeline.answer import Passage
from pipeline.conversation import Turn

_TAGS = ("passage", "question", "conversation", "turn")
_BRACKETS = re.compile("[<＜﹤]")
# What chat templates of known models turn into a change of speaker.
_SPEAKER_MARKS = re.compile(
    r"<(?=[|｜])|<(?=/?s>)|<(?=<?/?SYS>)|<(?=(?:start|end)_of_turn)|\[(?=/?(?:SYSTEM_)?INST\])",
    re.IGNORECASE,
)
_ESCAPES = {"[": "&#91;"}
_LOOKAHEAD = 64
_SOURCE_LENGTH = 200
_WITHIN_QUOTES = str.maketrans({'"': "'", "<": "‹", ">": "›"})
# Persian, Hindi and emoji are spelled with the two joiners.
_KEPT = frozenset("\t\n\u200c\u200d")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co"})


def quoted(text: str) -> str:
    """Return a text that can neither close the tag it stands in nor open another.

    `<` becomes `&lt;` where one of the prompt's tags would follow, however it is spelled, and
    where a model's own mark of a new speaker would. Control, format and private characters go;
    all else stays as it is.
    """
    text = _seen(text)
    text = _BRACKETS.sub(lambda found: _escaped(found, text), text)
    return _SPEAKER_MARKS.sub(lambda found: _ESCAPES.get(found.group(), "&lt;"), text)


def passage_block(passage: Passage, text: str | None = None) -> str:
    """Return a passage, or the part of it that fits, within its tag and under its rank."""
    source = " ".join(quoted(passage.place).translate(_WITHIN_QUOTES).split())[:_SOURCE_LENGTH]
    body = quoted(passage.text if text is None else text).strip()
    return f'<passage id="{passage.rank}" source="{source}">\n{body}\n</passage>'


def turn_block(turn: Turn) -> str:
    """Return a question and its answer within the tag of a turn."""
    return f"<turn>\nQ: {quoted(turn.question).strip()}\nA: {quoted(turn.answer).strip()}\n</turn>"


def _seen(text: str) -> str:
    text = re.sub("\r\n?|[\u2028\u2029]", "\n", text)
    return "".join(
        each for each in text if each in _KEPT or unicodedata.category(each) not in _UNSEEN
    )


def _escaped(bracket: re.Match[str], text: str) -> str:
    """Escape a bracket that a tag follows in any spelling: wide, spaced, joined, in capitals."""
    following = unicodedata.normalize("NFKC", text[bracket.end() : bracket.end() + _LOOKAHEAD])
    letters = "".join(each for each in following if each.isalnum()).casefold()
    return "&lt;" if letters.startswith(_TAGS) else bracket.group()
