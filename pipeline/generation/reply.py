"""Reply: what a model's words amount to, be it cited sentences, none, or a question put anew."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.answer import Passage, Sentence
from pipeline.generation.prompt import NOT_IN_DOCUMENTS
from pipeline.text.language import language_of
from pipeline.text.sentences import sentence_spans

_OPENED, _CLOSED = "<think>", "</think>"
_LEAST_PART = len("NOT")
_QUESTION_LABEL = re.compile(
    r"[*_#\s]*(?:[^\W\d]+[ -]){0,3}(?:question|q)[*_\s]*[:：][*_\s]*", re.IGNORECASE
)
_QUOTES = "\"'`*_“”„‘’«»「」 \t"
_LONGER = 4
_ALWAYS_LONG_ENOUGH = 300

_NUMBER = r"(?:\^|#|(?:passages?|sources?|documents?|ids?)\s*[:=#]?\s*)?\d{1,3}"
_NUMBERS = rf"{_NUMBER}(?:\s*(?:[,;、，&–—-]|\band\b)\s*{_NUMBER})*"
# Years and other long numbers in brackets are text.
_MARK = (
    rf"(?:\[{{1,2}}\s*{_NUMBERS}\s*\]{{1,2}}(?:\(#[\w-]*\))?"
    rf"|［\s*{_NUMBERS}\s*］|【\s*{_NUMBERS}[^】\n]{{0,40}}】)"
)
_MARKS = re.compile(
    rf"(?P<before>(?<![ \t])[ \t]*)(?P<marks>\(\s*{_MARK}(?:[ \t]*[,;]?[ \t]*{_MARK})*\s*\)"
    rf"|{_MARK}(?:[ \t]*(?:[,;–—-]|and\b)?[ \t]*{_MARK})*)(?P<after>[ \t]*)",
    re.IGNORECASE,
)
_INDEXED = re.compile(rf"(?P<all>(?P<first>{_MARK}){_MARK}*)", re.IGNORECASE)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_RANGE = re.compile(r"(\d+)[\]】］\s]*[–—-]\s*\D{0,12}?(\d+)|(\d+)")
_BULLET = re.compile(r"^[ \t]*(?:(?:[-*+•>]|#{1,6})[ \t]+)+", re.MULTILINE)
_ENUMERATION = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]+", re.MULTILINE)
_ASSIGNED = re.compile(r"\s*=|[A-Za-z_(]")
_LONGEST_WORD = 64
_LABEL = re.compile(r"\W*\w+\W*:\W*")
_UNFINISHED = re.compile(r"(?<![ \t])[ \t]*(?:\([ \t]*)?[\[［【][^\]］】\n]{0,40}\Z")
# Where a full stop may follow a number, or letters stop a sentence in their own way.
_CODES = {
    "german": "de",
    "danish": "da",
    "norwegian": "no",
    "finnish": "fi",
    "czech": "cs",
    "polish": "pl",
    "hungarian": "hu",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
}
_CLOSING = frozenset(".,;:!?)]}»”’…。、，；：！？）」』")
_STOPS = frozenset(".!?:。！？…")


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
    others = [each for each in sentences if not _refuses(each)]
    refused = len(others) < len(sentences)
    return not others or (refused and not any(each.citations for each in others))


def as_question(text: str, question: str) -> str:
    """Return the question that a model's reply holds, or `question` where it holds none.

    A reply far longer than a question, or of no word, is not one.
    """
    lines = [line.strip() for line in spoken(text).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].endswith((":", "：")):
        del lines[0]
    if not lines:
        return question
    label = _QUESTION_LABEL.match(lines[0])
    found = " ".join(lines[0][label.end() if label else 0 :].strip(_QUOTES).split())
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


@dataclass(frozen=True, slots=True)
class _Mark:
    """Numbers cited at a place of the text without marks, for what follows it or precedes it."""

    position: int
    numbers: tuple[int, ...]
    forward: bool


def cited_text(text: str, passages: Sequence[Passage]) -> tuple[tuple[Sentence, ...], int]:
    """Return the sentences of a model's text with the ranks of the passages that each cites.

    Beside them stands how many citations point at no passage.
    A mark belongs to the sentence that it ends or follows, or to the one after it where it begins
    a line. A bracket within code, or that a passage itself has after the same word, is text.
    """
    clean, marks = _unmarked(_without_bullets(text), passages)
    ranks = {passage.rank for passage in passages}
    language = _CODES.get(language_of(clean.casefold().split()) or "", "en")
    spans = [
        (start, end)
        for start, end in sentence_spans(clean, language)
        if any(letter.isalnum() for letter in clean[start:end])
    ]
    cited: list[list[int]] = [[] for _ in spans]
    for mark in marks:
        if spans:
            cited[_owner(mark, spans)] += [each for each in mark.numbers if each in ranks]
    sentences: list[Sentence] = []
    for (start, end), numbers in zip(spans, cited, strict=True):
        sentence = Sentence(" ".join(clean[start:end].split()), tuple(dict.fromkeys(numbers)))
        if sentences and numbers and _LABEL.fullmatch(sentence.text):
            # A list of sources below the answer vouches for what precedes it.
            previous = sentences.pop()
            numbers = [*previous.citations, *numbers]
            sentence = Sentence(previous.text, tuple(dict.fromkeys(numbers)))
        sentences.append(sentence)
    stray = sum(number not in ranks for mark in marks for number in mark.numbers)
    return tuple(sentences), stray


def finished_part(text: str) -> str:
    """Return a text that still grows without the beginning of a mark at its end."""
    return _UNFINISHED.sub("", text)


def _without_bullets(text: str) -> str:
    """Return a text without the signs that begin its list items; one number alone is a date."""
    text = _BULLET.sub("", text)
    return _ENUMERATION.sub("", text) if len(_ENUMERATION.findall(text)) > 1 else text


def _unmarked(text: str, passages: Sequence[Passage]) -> tuple[str, list[_Mark]]:
    code = [found.span() for found in _CODE.finditer(text)]
    ranks = {passage.rank for passage in passages}
    marks: list[_Mark] = []
    clean = ""
    read = at = 0
    while found := _MARKS.search(text, at):
        code_end = next((end for start, end in code if start < found.start("marks") < end), 0)
        if literal_end := code_end or _index_end(text, found, passages):
            at = literal_end
            continue
        clean += text[read : found.start()]
        marks.append(_Mark(len(clean), _numbers(found["marks"], ranks), _leads(text, found)))
        clean += _gap(clean, found, text[found.end() : found.end() + 1])
        read = at = found.end()
    return clean + text[read:], marks


def _index_end(text: str, found: re.Match[str], passages: Sequence[Passage]) -> int:
    """Return where an index such as `array[1]` ends, or 0 where the bracket is a citation.

    It is an index if something is assigned to it or called, or if a passage has it, too.
    """
    start = found.start("marks")
    word = re.search(r"[A-Za-z_]\w*\Z", text[max(start - _LONGEST_WORD, 0) : start])
    brackets = _INDEXED.match(text, start)
    if word is None or brackets is None:
        return 0
    for group in ("all", "first"):
        index = f"{word.group()}{brackets[group]}"
        if any(index in passage.text for passage in passages):
            return brackets.end(group)
    return brackets.end() if _ASSIGNED.match(text, brackets.end()) else 0


def _leads(text: str, found: re.Match[str]) -> bool:
    """Whether a mark stands before what it vouches for: where it, or one like it, leads a line."""
    start = text.rfind("\n", 0, found.start("marks")) + 1
    end = text.find("\n", found.end())
    line = text[start : end if end >= 0 else len(text)]
    following = text[found.end() : start + len(line)]
    if not any(letter.isalnum() for letter in following):
        return False
    if not text[start : found.start()].strip():
        return True
    leading = _MARKS.match(line)
    closed = text[: found.start()].rstrip()[-1:] in _STOPS
    ends = re.search(rf"{_MARK}\W*\Z", line, re.IGNORECASE)
    return leading is not None and closed and ends is None


def _numbers(marks: str, ranks: Collection[int]) -> tuple[int, ...]:
    """Return the cited numbers; between the ends of a range only those of passages."""
    numbers: list[int] = []
    for first, last, single in _RANGE.findall(marks.partition("†")[0]):
        if single:
            numbers.append(int(single))
        else:
            low, high = sorted((int(first), int(last)))
            between = (each for each in range(low + 1, high) if each in ranks)
            numbers += dict.fromkeys((low, *between, high))
    return tuple(numbers)


def _gap(clean: str, found: re.Match[str], following: str) -> str:
    """Return the blank that a removed mark leaves, or none."""
    previous = clean[-1:]
    if not following or following in _CLOSING or following == "\n" or previous in ("", "\n"):
        return ""
    parted = found["before"] or found["after"]
    return " " if parted or (previous in ".!?" and following.isalnum()) else ""


def _owner(mark: _Mark, spans: Collection[tuple[int, int]]) -> int:
    if mark.forward:
        after = (at for at, (_, end) in enumerate(spans) if end > mark.position)
        return next(after, len(spans) - 1)
    return max(sum(start < mark.position for start, _ in spans) - 1, 0)
