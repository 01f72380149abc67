"""Reader: the bytes of one file to text with its structure; and which Reader takes which file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from pipeline.errors import ReadError
from pipeline.file_signature import check_signature
from pipeline.reading import Reading

_SAVE_AS = {
    ".doc": ".docx",
    ".dot": ".docx",
    ".rtf": ".docx",
    ".pages": ".docx",
    ".xls": ".xlsx",
    ".xlsb": ".xlsx",
    ".numbers": ".xlsx",
    ".ppt": ".pptx",
    ".pps": ".pptx",
    ".key": ".pptx",
    ".mht": ".html",
    ".mhtml": ".html",
}


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
    """A kind of file: its media type and the Reader that takes it.

    `holds` is what its bytes must be, in the words of `file_signature`; None is anything.
    """

    name: str
    reader: Reader
    holds: str | None = None


class ReaderRegistry:
    """Chooses a Reader by a file name's suffix."""

    def __init__(self, by_suffix: Mapping[str, MediaType]) -> None:
        """Take lower-case suffixes with their dot."""
        self._by_suffix = dict(by_suffix)

    def media_type(self, path: PurePosixPath) -> MediaType:
        """Return the kind of a file.

        Raises:
            ReadError: no Reader takes such a file; the message says which are taken.
        """
        suffix = path.suffix.lower()
        found = self._by_suffix.get(suffix)
        if found is None and suffix in _SAVE_AS:
            raise ReadError(f"{suffix} cannot be read; save it as {_SAVE_AS[suffix]}")
        if found is None:
            known = " ".join(sorted(self._by_suffix))
            raise ReadError(f"no reader for {path.suffix or 'a name without suffix'!r}: {known}")
        return found

    def read(self, path: PurePosixPath, content: bytes) -> tuple[MediaType, Reading]:
        """Return the kind of a file and its text, once its bytes are what its name says.

        Raises:
            ReadError: no Reader takes it, its name says something else, or it cannot be read.
        """
        media_type = self.media_type(path)
        if media_type.holds is not None:
            check_signature(path, content, media_type.holds)
        return media_type, media_type.reader.read(content)
