"""Reading outcome: what came of one file, and its form between processes and in the cache."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from pipeline.errors import LimitError, ReadError
from pipeline.reading import Reading

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class ReadingOutcome:
    """A Reading with its media type and Reader's name, or the reason why there is none.

    `unreadable` is the file's own fault and lasts; `limit` is this machine's, `changed` that of
    whoever wrote to the file while it was read.
    """

    kind: Literal["read", "unreadable", "limit", "changed"]
    reason: str | None = None
    media_type: str | None = None
    reader: str | None = None
    reading: Reading | None = None

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
def _adapter() -> "TypeAdapter[ReadingOutcome]":
    from pydantic import TypeAdapter

    return TypeAdapter(ReadingOutcome)
