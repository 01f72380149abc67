"""Reader: the bytes of one file to text with its structure; and which Reader takes which file."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol

from pydantic import TypeAdapter

from pipeline.documents.document import Reading
from pipeline.documents.signature import check_signature
from pipeline.errors import LimitError, ReadError

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

    `holds` is what its bytes must be, in the words of `signature`; None is anything.
    """

    name: str
    reader: Reader
    holds: str | None = None


Readers = Mapping[str, MediaType]
"""What takes which file: by the suffix of its name, in lower case and with its dot."""


def read_content(readers: Readers, suffix: str, content: bytes) -> tuple[MediaType, Reading]:
    """Return the kind of a file and its text, once its bytes are what its name says.

    Raises:
        ReadError: no Reader takes it, its name says something else, or it cannot be read.
    """
    media_type = readers.get(suffix)
    if media_type is None and suffix in _SAVE_AS:
        raise ReadError(f"{suffix} cannot be read; save it as {_SAVE_AS[suffix]}")
    if media_type is None:
        known = " ".join(sorted(readers))
        raise ReadError(f"no reader for {suffix or 'a name without suffix'!r}: {known}")
    if media_type.holds is not None:
        check_signature(suffix, content, media_type.holds)
    return media_type, media_type.reader.read(content)


@dataclass(frozen=True, slots=True)
class ReadingOutcome:
    """A Reading with its media type and Reader's name, or the reason why there is none.

    `unreadable` is the file's own fault and lasts; `limit` is this machine's, `changed` that of
    whoever wrote to the file while it was read. `seconds` is how long reading it took in this
    run, None where the cache knew it.
    """

    kind: Literal["read", "unreadable", "limit", "changed"]
    reason: str | None = None
    media_type: str | None = None
    reader: str | None = None
    reading: Reading | None = None
    seconds: float | None = None

    @classmethod
    def failed(cls, error: ReadError) -> "ReadingOutcome":
        """Return the outcome of a file that could not be read."""
        return cls("limit" if isinstance(error, LimitError) else "unreadable", reason=str(error))

    @property
    def is_lasting(self) -> bool:
        """Whether the same bytes will come to the same again."""
        return self.kind in {"read", "unreadable"}

    def to_json(self) -> bytes:
        """Return it as JSON."""
        return _adapter().dump_json(self)

    @classmethod
    def from_json(cls, content: bytes) -> "ReadingOutcome":
        """Return what `to_json` wrote.

        Raises:
            ValueError: the content is something else.
        """
        return _adapter().validate_json(content)


@cache
def _adapter() -> TypeAdapter[ReadingOutcome]:
    return TypeAdapter(ReadingOutcome)
