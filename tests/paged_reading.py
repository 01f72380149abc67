"""Readings with pages, for tests."""

from collections.abc import Sequence

from pipeline.document import Page
from pipeline.reading import Reading


def paged(pages: Sequence[str], between: str = "\n\n") -> Reading:
    """Join pages as a reader of PDF does."""
    spans, position = [], 0
    for number, text in enumerate(pages, start=1):
        spans.append(Page(number, position, position + len(text)))
        position += len(text) + len(between)
    return Reading(between.join(pages), tuple(spans))


def page_texts(reading: Reading) -> list[str]:
    """Return the text of each page."""
    return [reading.text[page.start : page.end] for page in reading.pages]
