"""Chunk: a contiguous character span of one Document."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a Document: `document.text[start:end] == text`.

    `id` is a hash of document id, span and text; `text_hash` is of the text alone, so that
    equal text is recognised wherever it stands. `document` is the Document's path; `page` is
    the page that the chunk begins on, `headings` the titles that it begins under.
    `ocr_confidence` is the least of the pages that it touches, in 0..1, and None where no
    character of them was recognised from an image.
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
