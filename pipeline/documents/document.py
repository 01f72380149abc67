"""Document: the text of one source file, with its pages and headings as character spans."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat


@dataclass(frozen=True, slots=True)
class Page:
    """A page's half-open span of characters in the Document's text; `number` counts from 1.

    A slide or a sheet is a page too. `ocr_confidence` lies in 0..1, and is None where no
    character of the page was recognised from an image.
    """

    number: int
    start: int
    end: int
    ocr_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading's own span of characters; `level` counts from 1, the outermost."""

    level: int
    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one source file, its structure and where it came from.

    `id` is a hash of path and text; `path` is relative to the raw folder, with forward
    slashes; `sha256` is of the file's raw bytes; `ocr_confidence` lies in 0..1, the mean over
    the recognised characters, and is None where none was recognised from an image. `aliases`
    are the paths of further files with the same bytes; `tags` are those that params give its path.
    """

    id: str
    path: str
    sha256: str
    media_type: str
    reader: str
    text: str
    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()
    ocr_confidence: float | None = None
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def page_at(self, position: int) -> int | None:
        """Return the number of the page that holds the character at `position`, if any."""
        found = None
        for page in self.pages:
            if page.start <= position:
                found = page.number
        return found

    def ocr_confidence_in(self, start: int, end: int) -> float | None:
        """Return the least confidence of the recognised pages that a span touches, if any."""
        touched = (page for page in self.pages if page.start < end and page.end > start)
        return min((c for page in touched if (c := page.ocr_confidence) is not None), default=None)

    def headings_at(self, position: int) -> tuple[str, ...]:
        """Return the titles that the character at `position` stands under, outermost first."""
        path: list[Heading] = []
        for heading in self.headings:
            if heading.start > position:
                break
            path = [outer for outer in path if outer.level < heading.level]
            path.append(heading)
        return tuple(heading.title for heading in path)


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of one file and the spans of its pages and headings, before it is cleaned."""

    text: str
    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()


_BREAK = "\n\n"


def joined_pages(
    texts: Sequence[str], confidences: Iterable[float | None] = repeat(None)
) -> tuple[str, tuple[Page, ...]]:
    """Return the text of all pages, two line ends between them, and each page's span."""
    pages, position = [], 0
    for number, (text, confidence) in enumerate(zip(texts, confidences, strict=False), start=1):
        pages.append(Page(number, position, position + len(text), confidence))
        position += len(text) + len(_BREAK)
    return _BREAK.join(texts), tuple(pages)
