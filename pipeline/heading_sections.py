"""Heading sections: a Document as spans that each hold the text under one heading."""

from dataclasses import dataclass

from pipeline.document import Document


@dataclass(frozen=True, slots=True)
class Section:
    """A half-open span of characters, of which those from `body` on stand under its headings."""

    start: int
    body: int
    end: int


def heading_sections(document: Document) -> list[Section]:
    """Return sections that follow each other and cover a Document, each up to the next heading.

    What stands before the first heading is a section too. A heading without text of its own
    goes with the section that follows, or with the one before where none follows.
    """
    text = document.text
    sections: list[Section] = []
    start = body = 0
    for heading in document.headings:
        if text[body : heading.start].strip():
            sections.append(Section(start, body, heading.start))
            start = heading.start
        body = max(body, heading.end)
    if sections and not text[body:].strip():
        last = sections.pop()
        start, body = last.start, last.body
    return [*sections, Section(start, body, len(text))]
