"""Chunk: a contiguous character span of one Document."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a Document: `document.text[start:end] == text`.

    `id` is a hash of document id, span and text; `text_hash` is of the text alone, so that
    equal text is recognised wherever it stands. `document` is the Document's path; `page` is
    the page that the chunk begins on, `headings` the titles that it begins under.
    `ocr_confidence` is the least of the pages that it touches, in 0..1, and None where no
    character of them was recognised from an image. `prefix` is put before the text where it is
    embedded and indexed. `gap` is the white space between it and the next chunk of its Document.
    An answer is made from `context_start` to `context_end`, which cover the chunk, where a chunker
    sets them. `language` is Snowball's name, such as `english`; `tags` are its Document's.
    """

    id: str
    document_id: str
    document: str
    start: int
    end: int
    text: str
    text_hash: str
    page: int | None
    headings: tuple[str, ...]
    ocr_confidence: float | None = None
    prefix: str = ""
    gap: str = ""
    context_start: int | None = None
    context_end: int | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def indexed_text(self) -> str:
        """Return what is embedded and indexed."""
        return f"{self.prefix}\n{self.text}" if self.prefix else self.text
