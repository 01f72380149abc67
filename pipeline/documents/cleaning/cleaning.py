"""Cleaning: what is made good in a text before it is stored, its Spans following.

Letters, words divided at a line's end and white space here; headers and footers in
`repeated_lines`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.documents.cleaning.repeated_lines import drop_repeated_lines
from pipeline.documents.cleaning.text_edit import (
    Boundaries,
    CodeFences,
    TextEdit,
    edited,
    edited_by_parts,
)
from pipeline.documents.document import Reading
from pipeline.params import CleaningParams

_LIGATURES = {
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
}
_BLANKS = "\u00a0\u2007\u202f\x1c\x1d\x1e\x1f"
_SOFT_HYPHENS = "\u00ad\ufffe"
"""U+FFFE is what PDFium calls a hyphen at a line's end."""
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u2060\ufeff]")
_DIVIDING = re.compile(f"[{_SOFT_HYPHENS}](?=[ \t]*[\r\n])")
# Joiners shape Arabic, Indic and emoji sequences; between other letters they only hide.
_SHAPED = "\u0590-\u167f\u1681-\u1cff\u2600-\u2fff\u3001-\U0010ffff"
_IDLE_JOINER = re.compile(f"(?<![{_SHAPED}])[\u200c\u200d](?![{_SHAPED}])")
# Sorting marks takes the square of their number (CPython), so a pile of them stays as it is.
_PILE = re.compile(r"([^\w\s\x00-\x7f]{64,})")
_REPLACED = str.maketrans(
    {**_LIGATURES, **dict.fromkeys(_BLANKS, " "), **dict.fromkeys(_SOFT_HYPHENS, "")}
)
_HYPHENS = "-\u2010"
_DIVISION = re.compile(rf"(?<=[^\W\d_])[{_HYPHENS}]\n(?=[^\W\d_])")
_WORD = re.compile(rf"[^\W\d_]+(?:[{_HYPHENS}]\n?[^\W\d_]+)*")
_JOINT = re.compile(rf"([{_HYPHENS}]\n?)")
_NO_LETTER = re.compile(r"[\W\d_]")
# What ends in a hyphen in an address, a path, a flag or a name of code ends in it for good.
_NO_PROSE_BEFORE = re.compile(r"[/@_\\.:=`\d]|--")
_NO_PROSE_AFTER = re.compile(r"[@_\\=`]|://|\.[^\W\d_]|^[^\W\d_]+\d")
# "pre- and postwar", "Haupt- und Nebensatz": the hyphen stands for the word that follows.
_SUSPENDING = frozenset(
    {"and", "or", "to", "und", "oder", "bis", "et", "ou", "y", "o", "e", "en", "och", "og"}
)
_SHORTEST = 2
_COMPONENT = 4
"""Letters of a half that is a word: of any one, and of one that makes a compound unaided."""
_LINE_END = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_RUN = re.compile(r"[ \t\n]{2,}|\t")


def clean(reading: Reading, params: CleaningParams) -> Reading:
    """Return the text cleaned as the params say; cleaning it again changes nothing.

    Pages and headings are spans of the new text. A page that held nothing but what goes keeps
    an empty span.
    """
    if params.ligatures:
        reading = edited_by_parts(reading, plain_letters)
        headings = (
            replace(heading, title=" ".join(plain_letters(heading.title).split()))
            for heading in reading.headings
        )
        reading = replace(reading, headings=tuple(headings))
    while True:
        if params.whitespace:
            reading = tidy_white_space(reading)
        if params.hyphenation:
            reading = join_divided_words(reading)
        if not params.repeated_lines:
            return reading
        shorter = drop_repeated_lines(reading)
        if shorter == reading:
            return reading
        # What a dropped line stood between can be an empty line or a divided word now.
        reading = shorter


def plain_letters(text: str) -> str:
    """Write ligatures as letters, compose accents (NFC), and leave out what is invisible.

    A soft hyphen at a line's end is seen there, so it becomes a hyphen.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _DIVIDING.sub("-", _UNSEEN.sub("", text)).translate(_REPLACED)
    return _composed(_IDLE_JOINER.sub("", _composed(text)))


def join_divided_words(reading: Reading) -> Reading:
    """Make words whole that are divided at a line's end.

    A compound that the text writes with its hyphen elsewhere, and never without, keeps it.
    Addresses, table rows, code fences, numbers and letters without case are left alone.
    """
    while (joined := edited(reading, _edits(reading))) != reading:
        # A word made whole can be the evidence for another.
        reading = joined
    return reading


def tidy_white_space(reading: Reading) -> Reading:
    """Return the text with its runs of white space shortened.

    Every line end becomes a line feed. Indentation and code fences stay as they are.
    """
    text = reading.text
    ends = ((found.start(), found.end(), "\n") for found in _LINE_END.finditer(text))
    if _LINE_END.search(text):
        reading = edited(reading, ends)
    return edited(reading, _shortened(reading.text))


def _composed(text: str) -> str:
    if unicodedata.is_normalized("NFC", text):
        return text
    # Piles stand at odd places.
    parts = _PILE.split(text)
    parts[::2] = [unicodedata.normalize("NFC", part) for part in parts[::2]]
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The words and hyphenated pairs that a text writes inside its lines."""

    words: frozenset[str]
    folded: frozenset[str]
    pairs: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Division:
    """A divided word: its halves, and whether a further hyphen adjoins one of them."""

    before: str
    after: str
    chained: bool

    def instead(self, vocabulary: _Vocabulary) -> str | None:
        """Return what replaces hyphen and line feed, judging by the rest of the text.

        Without evidence a hyphen between two lower-case letters is taken to be only the line's;
        next to a capital it can be a dash, and stays (None).
        """
        pair = f"{self.before}-{self.after}".casefold()
        if (self.before + self.after).casefold() in vocabulary.folded:
            return ""
        if pair in vocabulary.pairs:
            return "-"
        if not (self.before[-1].islower() and self.after[0].islower()):
            return None
        if self.after in _SUSPENDING and not self.chained:
            return "- "
        return "-" if self._is_compound(vocabulary) else ""

    def _is_compound(self, vocabulary: _Vocabulary) -> bool:
        shortest = min(len(self.before), len(self.after))
        both_words = self.before.casefold() in vocabulary.folded and self.after in vocabulary.words
        return shortest < _SHORTEST or both_words and (self.chained or shortest >= _COMPONENT)


def _edits(reading: Reading) -> Iterator[TextEdit]:
    if next(_divisions(reading), None) is None:
        return
    vocabulary = _vocabulary(reading.text)
    for start, division in _divisions(reading):
        instead = division.instead(vocabulary)
        if instead is not None:
            yield start, start + 2, instead


def _divisions(reading: Reading) -> Iterator[tuple[int, _Division]]:
    text, boundaries, fences = reading.text, Boundaries(reading), CodeFences(reading.text)
    for hyphen in _DIVISION.finditer(text):
        start = hyphen.start()
        beside = text[start - 1], text[start + 2]
        cased = all(letter.islower() or letter.isupper() for letter in beside)
        if not cased or boundaries.touch(start, start + 2):
            continue
        division = _division(text, start)
        if division is not None and not fences.hold(start):
            yield start, division


def _division(text: str, hyphen: int) -> _Division | None:
    """Return the halves around a hyphen at a line's end, None where they are no prose."""
    line = text[text.rfind("\n", 0, hyphen) + 1 : hyphen]
    token = line.rsplit(maxsplit=1)[-1]
    end = text.find("\n", hyphen + 2)
    following = text[hyphen + 2 : end if end >= 0 else len(text)].split(maxsplit=1)[0]
    if line.lstrip().startswith("|") or _NO_PROSE_BEFORE.search(token):
        return None
    if _NO_PROSE_AFTER.search(following):
        return None
    before, after = _NO_LETTER.split(token)[-1], _NO_LETTER.split(following, maxsplit=1)[0]
    chained = token[: -len(before)].endswith(tuple(_HYPHENS))
    chained = chained or following[len(after) : len(after) + 1] in tuple(_HYPHENS)
    return _Division(before, after, chained)


def _vocabulary(text: str) -> _Vocabulary:
    words, pairs = set[str](), set[str]()
    for written in {found.group() for found in _WORD.finditer(text)}:
        # Words at even places, the hyphens between them at odd ones.
        parts = _JOINT.split(written)
        divided = {
            beside
            for place in range(1, len(parts), 2)
            if parts[place].endswith("\n")
            for beside in (place - 1, place + 1)
        }
        words.update(parts[place] for place in range(0, len(parts), 2) if place not in divided)
        for place in range(1, len(parts), 2):
            if not parts[place].endswith("\n"):
                pairs.add(f"{parts[place - 1]}-{parts[place + 1]}".casefold())
    return _Vocabulary(
        frozenset(words), frozenset(word.casefold() for word in words), frozenset(pairs)
    )


def _shortened(text: str) -> Iterator[TextEdit]:
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    if first:
        yield 0, first, ""
    fences = CodeFences(text)
    for run in _RUN.finditer(text, first, last):
        found = run.group()
        line_ends = found.count("\n")
        indentation = found[found.rfind("\n") + 1 :]
        instead = "\n" * min(line_ends, 2) + indentation if line_ends else " "
        if instead != found and not fences.hold(run.start()):
            yield run.start(), run.end(), instead
    if first <= last < len(text):
        yield last, len(text), ""
