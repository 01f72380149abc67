"""Chunker: a Document to spans that increase, cover its text and overlap no more than allowed."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable

from tqdm import tqdm

from pipeline.chunk import Chunk
from pipeline.digest import hash_of, hash_text
from pipeline.document import Document
from pipeline.errors import ArtifactError
from pipeline.params import ChunkParams
from pipeline.segmentation import Span, sentence_spans
from pipeline.token_counter import Tokenize, tokenizer_named

Split = Callable[[str], list[str]]


class Chunker:
    """Cuts Documents as params say.

    LlamaIndex's splitters partition the text into blocks of at most `size - overlap` tokens;
    each block but the first then reaches back over at most `overlap` tokens, to the start of
    a sentence (`recursive`) or word (`token`). Offsets are ours: a splitter's own are wrong
    where a passage repeats.
    """

    def __init__(self, params: ChunkParams) -> None:
        """Load the tokenizer that params name."""
        self._params = params
        self._tokenize: Tokenize = tokenizer_named(params.tokenizer)
        self._split = _splitter(params, self._tokenize)

    def spans(self, text: str) -> list[Span]:
        """Return the chunks' half-open spans, in order."""
        blocks = _locate(text, self._split(text))
        if not self._params.overlap or len(blocks) < 2:
            return blocks
        starts = self._boundaries(text)
        reached = [blocks[0]]
        for (_, previous_end), (start, end) in zip(blocks, blocks[1:], strict=False):
            floor = reached[-1][0] + 1
            reached.append((self._reach_back(text, starts, floor, previous_end, start, end), end))
        return reached

    def chunks(self, document: Document) -> list[Chunk]:
        """Return a Document's chunks with their ids, page and headings."""
        return [_chunk(document, start, end) for start, end in self.spans(document.text)]

    def _boundaries(self, text: str) -> list[int]:
        if self._params.method == "recursive":
            return [start for start, _ in sentence_spans(text)]
        return [match.start() for match in re.finditer(r"\S+", text)]

    def _reach_back(
        self, text: str, starts: list[int], floor: int, previous_end: int, start: int, end: int
    ) -> int:
        """Return the earliest boundary that keeps to the overlap and size, or `start`."""
        best = start
        index = bisect_left(starts, start) - 1
        while index >= 0 and starts[index] >= floor:
            candidate = starts[index]
            if candidate < previous_end:
                repeated = len(self._tokenize(text[candidate:start]))
                whole = len(self._tokenize(text[candidate:end]))
                if repeated > self._params.overlap or whole > self._params.size:
                    break
                best = candidate
            index -= 1
        return best


def chunk_documents(documents: Iterable[Document], params: ChunkParams) -> list[Chunk]:
    """Chunk all Documents, in their order."""
    chunker = Chunker(params)
    progress = tqdm(list(documents), desc="chunk", unit="document", disable=None)
    return [chunk for document in progress for chunk in chunker.chunks(document)]


def _splitter(params: ChunkParams, tokenize: Tokenize) -> Split:
    if params.method == "document":
        return lambda text: [text.strip()]
    from llama_index.core.node_parser import SentenceSplitter, TokenTextSplitter

    size = params.size - params.overlap
    if params.method == "token":
        split: Split = TokenTextSplitter(
            chunk_size=size, chunk_overlap=0, tokenizer=tokenize
        ).split_text
        return split
    split = SentenceSplitter(
        chunk_size=size, chunk_overlap=0, tokenizer=tokenize, paragraph_separator="\n\n"
    ).split_text
    return split


def _locate(text: str, pieces: Iterable[str]) -> list[Span]:
    """Find consecutive pieces; only blanks may lie between one and the next."""
    spans: list[Span] = []
    position = 0
    for piece in filter(None, (piece.strip() for piece in pieces)):
        start = text.find(piece, position)
        if start < 0 or text[position:start].strip():
            raise ArtifactError(f"the splitter changed the text at {position}: {piece[:60]!r}")
        position = start + len(piece)
        spans.append((start, position))
    if text[position:].strip():
        raise ArtifactError(
            f"the splitter lost the text after {position}: {text[position:][:60]!r}"
        )
    return spans


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
    )
