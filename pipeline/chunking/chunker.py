"""Chunker: Documents to Chunks, whose spans increase and cover the text but for white space."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Literal

from tqdm import tqdm

from pipeline.chunking.chunk import Chunk
from pipeline.chunking.division import Division, Piece
from pipeline.chunking.semantic import Embed
from pipeline.documents.document import Document, Heading
from pipeline.files import hash_of, hash_text
from pipeline.params import ChunkParams
from pipeline.text.language import language_of, split_words

_SEPARATOR = " › "
_NEAR = 1000
"""Characters before a title at most: a menu or a line of dates, not a chapter."""
_LONGEST = 150
"""Characters of a title at most; a longer heading is a paragraph that a reader mistook for one."""


@dataclass(frozen=True, slots=True)
class Title:
    """A Document's title; `heading` is None where it is made from the file's name."""

    text: str
    heading: Heading | None = None


def document_title(document: Document) -> Title:
    """Return the first of the outermost headings if it stands near the start, or the file's name.

    The name goes without its suffix, and with blanks for hyphens and underscores.
    """
    outermost = min(document.headings, key=lambda heading: heading.level, default=None)
    if outermost and outermost.start <= _NEAR and (text := _short([outermost.title])):
        return Title(text[0], outermost)
    name = PurePosixPath(document.path).stem
    return Title(" ".join(name.replace("-", " ").replace("_", " ").split()) or name)


def chunk_prefix(
    document: Document,
    title: Title,
    start: int,
    end: int,
    kind: Literal["none", "title", "headings"],
) -> str:
    """Return the prefix of the chunk from `start` to `end`, "" for `none`.

    What the chunk's own text holds is left out: its Document's title, and the heading that it
    begins with.
    """
    if kind == "none":
        return ""
    parts: list[str] = []
    if kind == "headings":
        path = list(document.headings_at(start))
        if any(heading.start == start for heading in document.headings):
            path.pop()
        parts = _short(path)
    held = title.heading is not None and start <= title.heading.start < end
    if not held and parts[:1] != [title.text]:
        parts.insert(0, title.text)
    return _SEPARATOR.join(parts)


def _short(titles: list[str]) -> list[str]:
    """Return titles in one line each, without those that are no titles."""
    lines = (" ".join(title.split()) for title in titles)
    return [line for line in lines if line and len(line) <= _LONGEST]


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
