"""Chunker: Documents to Chunks, whose spans increase and cover the text but for white space."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from tqdm import tqdm

from pipeline.chunking.chunk import Chunk
from pipeline.chunking.division import ChunkSpan, Division
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

PrefixKind: TypeAlias = Literal["none", "title", "headings"]


def chunk_documents(
    documents: Iterable[Document], params: ChunkParams, embed: Embed | None = None
) -> list[Chunk]:
    """Chunk all Documents, in their order; `semantic` needs what embeds sentences.

    Raises:
        ParamsError: there is no tokenizer of that name, or `embed` is missing for `semantic`.
    """
    listed = list(documents)
    divided = Division(params, embed).spans(listed)
    progress = tqdm(divided, total=len(listed), desc="chunk", unit="document", disable=None)
    return [
        chunk
        for document, spans in zip(listed, progress, strict=True)
        for chunk in _chunks(document, spans, params.prefix)
    ]


def _chunks(document: Document, spans: list[ChunkSpan], prefix: PrefixKind) -> list[Chunk]:
    title = document_title(document)
    chunks = []
    for span, following in zip_longest(spans, spans[1:]):
        text = document.text[span.start : span.end]
        # White space, or nothing where the next one overlaps or there is none.
        gap = document.text[span.end : following.start] if following else ""
        chunk = Chunk(
            id=hash_of([document.id, span.start, span.end, text]),
            document_id=document.id,
            document=document.path,
            start=span.start,
            end=span.end,
            text=text,
            text_hash=hash_text(text),
            page=document.page_at(span.start),
            headings=document.headings_at(span.start),
            ocr_confidence=document.ocr_confidence_in(span.start, span.end),
            prefix=chunk_prefix(document, title, span.start, span.end, prefix),
            gap=gap,
            context_start=span.context_start,
            context_end=span.context_end,
            language=language_of(split_words(text)),
            tags=document.tags,
        )
        chunks.append(chunk)
    if any(chunk.language is None for chunk in chunks):
        # Where a chunk's own words do not tell, its Document's do.
        whole = language_of(split_words(document.text))
        chunks = [replace(chunk, language=chunk.language or whole) for chunk in chunks]
    return chunks


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


def chunk_prefix(document: Document, title: Title, start: int, end: int, kind: PrefixKind) -> str:
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
