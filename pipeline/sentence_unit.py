"""Sentence units: the sentences of a Document, none of them a heading or a crumb alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.document import Document
from pipeline.segmentation import sentence_spans
from pipeline.span_search import Span
from pipeline.token_counter import Tokenize

_LEAST_TOKENS = 5
"""A shorter sentence, such as `2.` or `Yes.`, says too little to be found by its meaning."""


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    is_heading: bool = False
    is_crumb: bool = False


def sentence_units(document: Document, tokenize: Tokenize) -> list[Span]:
    """Return half-open spans that cover a Document but for white space, in order.

    Headings, numbers of lists, lines without a letter and sentences of a word or two join the
    sentence that follows under the same heading, or the one before where none follows.
    """
    units: list[Span] = []
    waiting: list[_Part] = []
    for part in _parts(document, tokenize):
        if part.is_heading and _holds_crumbs(waiting) and (units or waiting[0].is_heading):
            _settle(units, waiting)
            waiting = []
        waiting.append(part)
        if not part.is_heading and not part.is_crumb:
            units.append((waiting[0].start, part.end))
            waiting = []
    if waiting:
        _settle(units, waiting)
    return units


def _holds_crumbs(waiting: list[_Part]) -> bool:
    return bool(waiting) and waiting[-1].is_crumb


def _settle(units: list[Span], waiting: list[_Part]) -> None:
    """Add what no sentence follows: to the unit before, or alone if it is a heading with crumbs."""
    start, end = waiting[0].start, waiting[-1].end
    if units and (waiting[-1].is_heading or not waiting[0].is_heading):
        start = units.pop()[0]
    units.append((start, end))


def _parts(document: Document, tokenize: Tokenize) -> Iterator[_Part]:
    position = 0
    for heading in document.headings:
        if heading.start < position or not document.text[heading.start : heading.end].strip():
            continue
        yield from _sentences(document.text, position, heading.start, tokenize)
        yield _Part(heading.start, heading.end, is_heading=True)
        position = heading.end
    yield from _sentences(document.text, position, len(document.text), tokenize)


def _sentences(text: str, start: int, end: int, tokenize: Tokenize) -> Iterator[_Part]:
    for first, last in sentence_spans(text[start:end]):
        sentence = text[start + first : start + last]
        crumb = not any(map(str.isalpha, sentence)) or len(tokenize(sentence)) < _LEAST_TOKENS
        yield _Part(start + first, start + last, is_crumb=crumb)
