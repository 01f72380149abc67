"""Size splitter: a text to spans of at most so many tokens, which cover it."""

import logging
import re
from collections.abc import Callable
from functools import cached_property
from typing import Literal

from pipeline.errors import ArtifactError
from pipeline.span_search import Span, locate_pieces, skip_blanks
from pipeline.token_counter import Tokenize

Split = Callable[[str], list[str]]
"""Text to pieces without blanks at their ends."""
Kind = Literal["recursive", "token"]
"""`recursive` cuts at paragraphs, sentences and words, in that order; `token` at words alone."""


class SizeSplitter:
    """Cuts texts through LlamaIndex's splitters.

    The spans are found by our own search, and one whose overlap is more than allowed in the
    tokenizer's own count begins a few words later.
    """

    def __init__(
        self, size: int, overlap: int, tokenize: Tokenize, kind: Kind = "recursive"
    ) -> None:
        """Take the tokens of a span and those that it repeats of its predecessor, at most."""
        self._size = size
        self._overlap = overlap
        self._tokenize = tokenize
        self._kind = kind

    @cached_property
    def _split(self) -> Split:
        return _splitter(self._kind, self._size, self._overlap, self._tokenize)

    @cached_property
    def _split_apart(self) -> Split:
        return _splitter(self._kind, self._size, 0, self._tokenize)

    def spans(self, text: str) -> list[Span]:
        """Return half-open spans, in order, that increase and begin and end with no blank.

        Raises:
            ArtifactError: LlamaIndex gave back another text.
        """
        if not text.strip():
            return []
        overlap = self._overlap > 0
        spans = locate_pieces(text, self._split(text), overlap=overlap)
        if spans is None and overlap:
            # A text that repeats itself without end leaves too many ways to overlap.
            log = logging.getLogger("winnow")
            log.warning("chunk: no overlap in %r …: it repeats too much", text[:40])
            spans = locate_pieces(text, self._split_apart(text), overlap=False)
        if spans is None:
            raise ArtifactError(f"the splitter changed the text {text[:60]!r}: it cannot be cut")
        return self._trimmed(text, spans)

    def spans_within(self, text: str, span: Span) -> list[Span]:
        """Return the spans of a part of a text, as positions in the text."""
        start, end = span
        return [(start + first, start + last) for first, last in self.spans(text[start:end])]

    def _trimmed(self, text: str, spans: list[Span]) -> list[Span]:
        """Begin spans later where they repeat too much; one that its successor holds goes."""
        trimmed: list[Span] = []
        for start, end in spans:
            first = self._later(text, start, trimmed)
            while trimmed and first <= trimmed[-1][0]:
                trimmed.pop()
                first = self._later(text, start, trimmed)
            trimmed.append((first, end))
        return trimmed

    def _later(self, text: str, start: int, before: list[Span]) -> int:
        """Return the first word from `start` on that repeats no more tokens than allowed."""
        previous_end = before[-1][1] if before else start
        while start < previous_end and self._repeats_too_much(text[start:previous_end]):
            word = re.compile(r"\s\S").search(text, start, previous_end)
            start = word.end() - 1 if word else skip_blanks(text, previous_end)
        return start

    def _repeats_too_much(self, repeated: str) -> bool:
        return len(self._tokenize(repeated)) > self._overlap


def _splitter(kind: Kind, size: int, overlap: int, tokenize: Tokenize) -> Split:
    from llama_index.core.node_parser import SentenceSplitter, TokenTextSplitter

    if kind == "token":
        token = TokenTextSplitter(chunk_size=size, chunk_overlap=overlap, tokenizer=tokenize)
        return _stripped(token.split_text)
    sentence = SentenceSplitter(
        chunk_size=size,
        chunk_overlap=overlap,
        tokenizer=tokenize,
        paragraph_separator="\n\n",
    )
    return _stripped(sentence.split_text)


def _stripped(split: Split) -> Split:
    return lambda text: [stripped for piece in split(text) if (stripped := piece.strip())]
