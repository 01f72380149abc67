"""Division: Documents to Pieces, by the method that params name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.chunking.semantic import Embed, SemanticBreakpoints, sentence_units
from pipeline.chunking.splitter import SizeSplitter, Span, tokenizer_named
from pipeline.documents.document import Document
from pipeline.errors import ParamsError
from pipeline.params import ChunkParams


@dataclass(frozen=True, slots=True)
class HeadingSection:
    """A half-open span of characters, of which those from `body` on stand under its headings."""

    start: int
    body: int
    end: int


def heading_sections(document: Document) -> list[HeadingSection]:
    """Return sections that follow each other and cover a Document, each up to the next heading.

    What stands before the first heading is a section too. A heading without text of its own
    goes with the section that follows, or with the one before where none follows.
    """
    text = document.text
    sections: list[HeadingSection] = []
    start = body = 0
    for heading in document.headings:
        if text[body : heading.start].strip():
            sections.append(HeadingSection(start, body, heading.start))
            start = heading.start
        body = max(body, heading.end)
    if sections and not text[body:].strip():
        last = sections.pop()
        start, body = last.start, last.body
    return [*sections, HeadingSection(start, body, len(text))]


@dataclass(frozen=True, slots=True)
class Piece:
    """A half-open span of characters, and the span around it that an answer is made from."""

    start: int
    end: int
    context_start: int | None = None
    context_end: int | None = None


class Division:
    """Divides Documents; a Document's Pieces increase and cover it but for white space."""

    def __init__(self, params: ChunkParams, embed: Embed | None = None) -> None:
        """Load the tokenizer that params name; `semantic` needs `embed`.

        Raises:
            ParamsError: there is no such tokenizer, or nothing that embeds for `semantic`.
        """
        self._params = params
        self._tokenize = tokenizer_named(params.tokenizer)
        self._splitter = SizeSplitter(
            params.size,
            0 if params.method == "sentence" else params.overlap,
            self._tokenize,
            "token" if params.method == "token" else "recursive",
        )
        self._parents = SizeSplitter(params.parent, 0, self._tokenize)
        self._smaller = SizeSplitter(params.size * 3 // 5, 0, self._tokenize)
        self._breakpoints = _breakpoints(params, embed)

    def pieces(self, documents: Sequence[Document]) -> Iterator[list[Piece]]:
        """Yield each Document's Pieces, in order."""
        if self._breakpoints is None:
            yield from map(self._divided, documents)
            return
        units = ((each.text, sentence_units(each, self._tokenize)) for each in documents)
        for document, groups in zip(documents, self._breakpoints.groups(units), strict=True):
            yield self._cut(document.text, groups)

    def _divided(self, document: Document) -> list[Piece]:
        text = document.text
        match self._params.method:
            case "document":
                return [Piece(*span) for span in _whole(text)]
            case "headings":
                return self._sections(text, heading_sections(document))
            case "sentence":
                return self._windows(text, sentence_units(document, self._tokenize))
            case "small_to_big":
                return self._children(text)
            case _:
                return [Piece(*span) for span in self._splitter.spans(text)]

    def _cut(self, text: str, spans: Sequence[Span]) -> list[Piece]:
        return [Piece(*each) for span in spans for each in self._splitter.spans_within(text, span)]

    def _sections(self, text: str, sections: Sequence[HeadingSection]) -> list[Piece]:
        pieces: list[Piece] = []
        for section in sections:
            spans = self._splitter.spans_within(text, (section.start, section.end))
            if len(spans) > 1 and spans[0][1] <= section.body:
                spans = self._with_heading(text, spans)
            pieces.extend(Piece(*span) for span in spans)
        return pieces

    def _with_heading(self, text: str, spans: Sequence[Span]) -> list[Span]:
        """Divide the first two spans anew, so that a heading does not stand alone."""
        start, after = spans[0][0], min([spans[1][1], *(first for first, _ in spans[2:3])])
        return [*self._smaller.spans_within(text, (start, after)), *spans[2:]]

    def _windows(self, text: str, units: Sequence[Span]) -> list[Piece]:
        """Return sentences, each with its neighbours on either side for context."""
        pieces = [each for unit in units for each in self._splitter.spans_within(text, unit)]
        window, last = self._params.window, len(pieces) - 1
        return [
            Piece(start, end, pieces[max(at - window, 0)][0], pieces[min(at + window, last)][1])
            for at, (start, end) in enumerate(pieces)
        ]

    def _children(self, text: str) -> list[Piece]:
        """Return the pieces of each parent, with the parent for context."""
        return [
            Piece(*child, *parent)
            for parent in self._parents.spans(text)
            for child in self._splitter.spans_within(text, parent)
        ]


def _breakpoints(params: ChunkParams, embed: Embed | None) -> SemanticBreakpoints | None:
    if params.method != "semantic":
        return None
    if embed is None:
        raise ParamsError(
            "`chunk.method` is 'semantic', which compares sentences by their vectors, but nothing "
            "that embeds them was given; pass an encoder's `encode`, or choose another method, "
            "such as 'headings'"
        )
    return SemanticBreakpoints(embed, params.breakpoint)


def _whole(text: str) -> list[Span]:
    start = len(text) - len(text.lstrip())
    return [(start, len(text.rstrip()))] if start < len(text) else []
