"""Division: Documents to the spans of their chunks, by the method that params name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.chunking.semantic import Embed, meaning_groups, sentence_units
from pipeline.chunking.splitter import SizeSplitter, tokenizer_named
from pipeline.documents.document import Document
from pipeline.errors import ParamsError
from pipeline.params import ChunkParams
from pipeline.text.sentences import Span


@dataclass(frozen=True, slots=True)
class ChunkSpan:
    """A chunk's half-open span of characters, and the span that an answer is made from."""

    start: int
    end: int
    context_start: int | None = None
    context_end: int | None = None


@dataclass(frozen=True, slots=True)
class HeadingSection:
    """A half-open span of characters, of which those from `body` on stand under its headings."""

    start: int
    body: int
    end: int


class Division:
    """Divides Documents; a Document's ChunkSpans increase and cover it but for white space."""

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
        self._embed = embed
        if params.method == "semantic" and embed is None:
            raise ParamsError(
                "`chunk.method` is 'semantic', which compares sentences by their vectors, but "
                "nothing that embeds them was given; pass an encoder's `encode`, or choose another "
                "method, such as 'headings'"
            )

    def spans(self, documents: Sequence[Document]) -> Iterator[list[ChunkSpan]]:
        """Yield each Document's ChunkSpans, in order."""
        if self._params.method != "semantic" or self._embed is None:
            yield from map(self._divided, documents)
            return
        units = ((each.text, sentence_units(each, self._tokenize)) for each in documents)
        groups = meaning_groups(units, self._embed, self._params.breakpoint)
        for document, spans in zip(documents, groups, strict=True):
            yield self._cut(document.text, spans)

    def _divided(self, document: Document) -> list[ChunkSpan]:
        text = document.text
        match self._params.method:
            case "document":
                start, end = len(text) - len(text.lstrip()), len(text.rstrip())
                return [ChunkSpan(start, end)] if start < end else []
            case "headings":
                return self._sections(text, heading_sections(document))
            case "sentence":
                return self._windows(text, sentence_units(document, self._tokenize))
            case "small_to_big":
                return self._children(text)
            case _:
                return [ChunkSpan(*span) for span in self._splitter.spans(text)]

    def _cut(self, text: str, spans: Sequence[Span]) -> list[ChunkSpan]:
        return [
            ChunkSpan(*each) for span in spans for each in self._splitter.spans_within(text, span)
        ]

    def _sections(self, text: str, sections: Sequence[HeadingSection]) -> list[ChunkSpan]:
        found: list[ChunkSpan] = []
        for section in sections:
            spans = self._splitter.spans_within(text, (section.start, section.end))
            if len(spans) > 1 and spans[0][1] <= section.body:
                spans = self._with_heading(text, spans)
            found.extend(ChunkSpan(*span) for span in spans)
        return found

    def _with_heading(self, text: str, spans: Sequence[Span]) -> list[Span]:
        """Divide the first two spans anew, so that a heading does not stand alone."""
        start, after = spans[0][0], min([spans[1][1], *(first for first, _ in spans[2:3])])
        return [*self._smaller.spans_within(text, (start, after)), *spans[2:]]

    def _windows(self, text: str, units: Sequence[Span]) -> list[ChunkSpan]:
        """Return sentences, each with its neighbours on either side for context."""
        cuts = [each for unit in units for each in self._splitter.spans_within(text, unit)]
        window, last = self._params.window, len(cuts) - 1
        return [
            ChunkSpan(start, end, cuts[max(at - window, 0)][0], cuts[min(at + window, last)][1])
            for at, (start, end) in enumerate(cuts)
        ]

    def _children(self, text: str) -> list[ChunkSpan]:
        return [
            ChunkSpan(*child, *parent)
            for parent in self._parents.spans(text)
            for child in self._splitter.spans_within(text, parent)
        ]


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
