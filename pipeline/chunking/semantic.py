"""Semantic breakpoints: where the meaning of a text changes most from sentence to sentence.

After Greg Kamradt, "5 Levels of Text Splitting" (2024), level 4, as LlamaIndex's
SemanticSplitterNodeParser does it: each sentence is embedded with its neighbour on either side,
and a distance between two that is above a percentile of the Document's distances divides them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.chunking.splitter import Tokenize
from pipeline.documents.document import Document
from pipeline.text.sentences import Span, sentence_spans

_BATCH = 16384
"""Sentences that are embedded in one go, at least, while there are Documents left."""
_DIGITS = 6
_LEAST_TOKENS = 5
"""A shorter sentence, such as `2.` or `Yes.`, says too little to be found by its meaning."""

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to unit vectors, shape [len(texts), dimension]: an Encoder's, or those of a cache."""
Segmented = tuple[str, Sequence[Span]]
"""A text and its sentences."""


def meaning_groups(
    texts: Iterable[Segmented], embed: Embed, percentile: float
) -> Iterator[list[Span]]:
    """Yield for each text the spans of its groups of sentences; `percentile` lies in 0..100."""
    batch: list[Segmented] = []
    for text in texts:
        batch.append(text)
        if sum(len(sentences) for _, sentences in batch) >= _BATCH:
            yield from _batch_groups(batch, embed, percentile)
            batch = []
    yield from _batch_groups(batch, embed, percentile)


def _batch_groups(
    batch: Sequence[Segmented], embed: Embed, percentile: float
) -> Iterator[list[Span]]:
    windows = [_windows(text, sentences) for text, sentences in batch]
    distinct = sorted({window for text in windows for window in text})
    if not distinct:
        yield from ([] for _ in batch)
        return
    row = {window: number for number, window in enumerate(distinct)}
    vectors = embed(distinct)
    for (_, sentences), text in zip(batch, windows, strict=True):
        breaks = _breaks(vectors[[row[window] for window in text]], percentile)
        yield _grouped(sentences, breaks)


def _windows(text: str, sentences: Sequence[Span]) -> list[str]:
    """Return each sentence with its neighbour on either side."""
    starts = [start for start, _ in [*sentences[:1], *sentences]]
    ends = [end for _, end in [*sentences[1:], *sentences[-1:]]]
    return [text[start:end] for start, end in zip(starts, ends, strict=False)]


def _breaks(vectors: NDArray[np.float32], percentile: float) -> list[int]:
    """Return the numbers of the sentences that a new group begins with."""
    if len(vectors) < 2:
        return []
    # In double precision: the last digits of a product in single precision are not certain.
    exact = vectors.astype(np.float64)
    distances = np.round(1.0 - np.einsum("ij,ij->i", exact[:-1], exact[1:]), _DIGITS)
    above = distances > np.percentile(distances, percentile)
    return [int(number) + 1 for number in np.flatnonzero(above)]


def _grouped(sentences: Sequence[Span], breaks: Sequence[int]) -> list[Span]:
    firsts = [0, *breaks] if sentences else []
    afters = [*breaks, len(sentences)]
    return [
        (sentences[first][0], sentences[after - 1][1])
        for first, after in zip(firsts, afters, strict=False)
    ]


def sentence_units(document: Document, tokenize: Tokenize) -> list[Span]:
    """Return half-open spans that cover a Document but for white space, in order.

    Headings, numbers of lists, lines without a letter and sentences of a word or two join the
    sentence that follows under the same heading, or the one before where none follows.
    """
    units: list[Span] = []
    waiting: list[_Line] = []
    for line in _lines(document, tokenize):
        ends_crumbs = line.is_heading and waiting and waiting[-1].is_crumb
        if ends_crumbs and (units or waiting[0].is_heading):
            _settle(units, waiting)
            waiting = []
        waiting.append(line)
        if not line.is_heading and not line.is_crumb:
            units.append((waiting[0].start, line.end))
            waiting = []
    if waiting:
        _settle(units, waiting)
    return units


@dataclass(frozen=True, slots=True)
class _Line:
    """A heading or a sentence; a crumb is one that says too little to stand alone."""

    start: int
    end: int
    is_heading: bool = False
    is_crumb: bool = False


def _settle(units: list[Span], waiting: list[_Line]) -> None:
    """Add what no sentence follows: to the unit before, or alone if it is a heading with crumbs."""
    start, end = waiting[0].start, waiting[-1].end
    if units and (waiting[-1].is_heading or not waiting[0].is_heading):
        start = units.pop()[0]
    units.append((start, end))


def _lines(document: Document, tokenize: Tokenize) -> Iterator[_Line]:
    position = 0
    for heading in document.headings:
        if heading.start < position or not document.text[heading.start : heading.end].strip():
            continue
        yield from _sentences(document.text, position, heading.start, tokenize)
        yield _Line(heading.start, heading.end, is_heading=True)
        position = heading.end
    yield from _sentences(document.text, position, len(document.text), tokenize)


def _sentences(text: str, start: int, end: int, tokenize: Tokenize) -> Iterator[_Line]:
    for first, last in sentence_spans(text[start:end]):
        sentence = text[start + first : start + last]
        crumb = not any(map(str.isalpha, sentence)) or len(tokenize(sentence)) < _LEAST_TOKENS
        yield _Line(start + first, start + last, is_crumb=crumb)
