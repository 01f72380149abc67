"""Reader: the bytes of one file to text with its structure; and which Reader takes which file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from pipeline.document import Heading, Page
from pipeline.errors import ReadError


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of one file and the spans of its pages and headings."""

    text: str
    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()


class Reader(Protocol):
    """Turns the bytes of a file into text."""

    @property
    def name(self) -> str:
        """What the Document records as its reader."""

    def read(self, content: bytes) -> Reading:
        """Return the text.

        Raises:
            ReadError: the content cannot be read; the message says why.
        """


@dataclass(frozen=True, slots=True)
class MediaType:
    """A kind of file: its media type and the Reader that takes it."""

    name: str
    reader: Reader


class ReaderRegistry:
    """Chooses a Reader by a file name's suffix."""

    def __init__(self, by_suffix: Mapping[str, MediaType]) -> None:
        """Take lower-case suffixes with their dot."""
        self._by_suffix = dict(by_suffix)

    def media_type(self, path: PurePosixPath) -> MediaType:
        """Return the kind of a file.

        Raises:
            ReadError: no Reader takes such a file.
        """
        found = self._by_suffix.get(path.suffix.lower())
        if found is None:
            known = " ".join(sorted(self._by_suffix))
            raise ReadError(f"no reader for {path.suffix or 'a name without suffix'!r}: {known}")
        return found


def default_readers() -> ReaderRegistry:
    """Return the Readers of Markdown, HTML, PDF, DOCX and plain text."""
    from pipeline.readers.hypertext import HypertextReader
    from pipeline.readers.marked_text import MarkedTextReader
    from pipeline.readers.page_layout import PageLayoutReader
    from pipeline.readers.plain_text import PlainTextReader
    from pipeline.readers.word_processing import WordProcessingReader

    markdown = MediaType("text/markdown", MarkedTextReader())
    hypertext = MediaType("text/html", HypertextReader())
    plain = MediaType("text/plain", PlainTextReader())
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return ReaderRegistry(
        {
            ".md": markdown,
            ".markdown": markdown,
            ".html": hypertext,
            ".htm": hypertext,
            ".pdf": MediaType("application/pdf", PageLayoutReader()),
            ".docx": MediaType(word, WordProcessingReader()),
            ".txt": plain,
            ".text": plain,
            ".log": plain,
        }
    )
