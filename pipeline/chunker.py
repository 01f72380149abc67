"""Chunker: Documents to Chunks, whose spans increase and cover the text but for white space."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

from tqdm import tqdm

from pipeline.chunk import Chunk
from pipeline.chunk_prefix import chunk_prefix, document_title
from pipeline.digest import hash_of, hash_text
from pipeline.division import Division
from pipeline.document import Document
from pipeline.language import language_of
from pipeline.params import ChunkParams
from pipeline.piece import Piece
from pipeline.semantic_breakpoints import Embed
from pipeline.term import split_words


def chunk_documents(
    documents: Iterable[Document], params: ChunkParams, embed: Embed | None = None
) -> list[Chunk]:
    """Chunk all Documents, in their order; `semantic` needs what embeds sentences.

    Raises:
        ParamsError: there is no tokenizer of that name, or `embed` is missing for `semantic`.
    """
    listed = list(documents)
    divided = Division(params, embed).pieces(listed)
    progress = tqdm(divided, total=len(listed), desc="chunk", unit="document", disable=None)
    return [
        chunk
        for document, pieces in zip(listed, progress, strict=True)
        for chunk in _chunks(document, pieces, params.prefix)
    ]


def _chunks(
    document: Document, pieces: list[Piece], prefix: Literal["none", "title", "headings"]
) -> list[Chunk]:
    """Return the Chunks of a Document's Pieces."""
    title = document_title(document)
    return [
        _chunk(
            document,
            piece,
            gap,
            language,
            chunk_prefix(document, title, piece.start, piece.end, prefix),
        )
        for piece, gap, language in zip(
            pieces, _gaps(document, pieces), _languages(document, pieces), strict=True
        )
    ]


def _chunk(document: Document, piece: Piece, gap: str, language: str | None, prefix: str) -> Chunk:
    text = document.text[piece.start : piece.end]
    return Chunk(
        id=hash_of([document.id, piece.start, piece.end, text]),
        document_id=document.id,
        document=document.path,
        start=piece.start,
        end=piece.end,
        text=text,
        text_hash=hash_text(text),
        page=document.page_at(piece.start),
        headings=document.headings_at(piece.start),
        ocr_confidence=document.ocr_confidence_in(piece.start, piece.end),
        prefix=prefix,
        gap=gap,
        context_start=piece.context_start,
        context_end=piece.context_end,
        language=language,
        tags=document.tags,
    )


def _gaps(document: Document, pieces: list[Piece]) -> list[str]:
    """Return the white space after each Piece; none where the next overlaps or there is none."""
    gaps = [document.text[piece.end : after.start] for piece, after in pairwise(pieces)]
    return [*gaps, ""][: len(pieces)]


def _languages(document: Document, pieces: list[Piece]) -> list[str | None]:
    """Return each Piece's language: its own words', or its Document's where they do not tell."""
    own = [language_of(split_words(document.text[each.start : each.end])) for each in pieces]
    whole = language_of(split_words(document.text)) if None in own else None
    return [language or whole for language in own]
