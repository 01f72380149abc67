"""Chunker: a Document to spans that increase, cover its text and overlap no more than allowed."""

import logging
import re
from collections.abc import Callable, Iterable

from tqdm import tqdm

from pipeline.chunk import Chunk
from pipeline.digest import hash_of, hash_text
from pipeline.document import Document
from pipeline.errors import ArtifactError
from pipeline.params import ChunkParams
from pipeline.span_search import Span, locate_pieces, skip_blanks
from pipeline.token_counter import Tokenize, tokenizer_named

Split = Callable[[str], list[str]]
"""Text to pieces without blanks at their ends."""


class Chunker:
    """Cuts Documents as params say, through LlamaIndex's splitters.

    The spans are found by our own search, and a chunk whose overlap is more than allowed in the
    tokenizer's own count begins a few words later.
    """

    def __init__(self, params: ChunkParams) -> None:
        """Load the tokenizer that params name."""
        self._params = params
        self._tokenize: Tokenize = tokenizer_named(params.tokenizer)
        self._split = _splitter(params, params.overlap, self._tokenize)
        self._split_apart = _splitter(params, 0, self._tokenize)

    def spans(self, text: str) -> list[Span]:
        """Return the chunks' half-open spans, in order."""
        if not text.strip():
            return []
        overlap = self._params.overlap > 0
        spans = locate_pieces(text, self._split(text), overlap=overlap)
        if spans is None and overlap:
            # A text that repeats itself without end leaves too many ways to overlap.
            log = logging.getLogger("winnow")
            log.warning("chunk: no overlap in %r …: it repeats too much", text[:40])
            spans = locate_pieces(text, self._split_apart(text), overlap=False)
        if spans is None:
            raise ArtifactError(f"the splitter changed the text {text[:60]!r}: it cannot be cut")
        return self._trimmed(text, spans)

    def chunks(self, document: Document) -> list[Chunk]:
        """Return a Document's chunks with their ids, page and headings."""
        return [_chunk(document, start, end) for start, end in self.spans(document.text)]

    def _trimmed(self, text: str, spans: list[Span]) -> list[Span]:
        """Begin a chunk later, at a word, until it repeats no more tokens than allowed."""
        trimmed = spans[:1]
        for (_, previous_end), (start, end) in zip(spans, spans[1:], strict=False):
            while start < previous_end and self._repeats_too_much(text[start:previous_end]):
                word = re.compile(r"\s\S").search(text, start, previous_end)
                start = word.end() - 1 if word else skip_blanks(text, previous_end)
            trimmed.append((start, end))
        return trimmed

    def _repeats_too_much(self, repeated: str) -> bool:
        return len(self._tokenize(repeated)) > self._params.overlap


def chunk_documents(documents: Iterable[Document], params: ChunkParams) -> list[Chunk]:
    """Chunk all Documents, in their order."""
    chunker = Chunker(params)
    progress = tqdm(list(documents), desc="chunk", unit="document", disable=None)
    return [chunk for document in progress for chunk in chunker.chunks(document)]


def _splitter(params: ChunkParams, overlap: int, tokenize: Tokenize) -> Split:
    if params.method == "document":
        return lambda text: [text.strip()]
    from llama_index.core.node_parser import SentenceSplitter, TokenTextSplitter

    if params.method == "token":
        token = TokenTextSplitter(chunk_size=params.size, chunk_overlap=overlap, tokenizer=tokenize)
        return _stripped(token.split_text)
    sentence = SentenceSplitter(
        chunk_size=params.size,
        chunk_overlap=overlap,
        tokenizer=tokenize,
        paragraph_separator="\n\n",
    )
    return _stripped(sentence.split_text)


def _stripped(split: Split) -> Split:
    return lambda text: [stripped for piece in split(text) if (stripped := piece.strip())]


def _chunk(document: Document, start: int, end: int) -> Chunk:
    text = document.text[start:end]
    return Chunk(
        id=hash_of([document.id, start, end, text]),
        document_id=document.id,
        document=document.path,
        start=start,
        end=end,
        text=text,
        text_hash=hash_text(text),
        page=document.page_at(start),
        headings=document.headings_at(start),
        ocr_confidence=document.ocr_confidence_in(start, end),
    )
