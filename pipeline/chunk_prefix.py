"""Chunk prefix: the title and headings that a chunk stands under, put before its text."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from pipeline.document import Document, Heading

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
