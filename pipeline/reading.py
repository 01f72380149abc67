"""Reading: what a Reader makes of one file, and its form between processes and in the cache."""

from dataclasses import dataclass

from pipeline.document import Heading, Page


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of one file and the spans of its pages and headings."""

    text: str
    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()

    def to_json(self) -> bytes:
        """Return it as JSON."""
        from pydantic import TypeAdapter

        return TypeAdapter(Reading).dump_json(self)

    @classmethod
    def from_json(cls, content: bytes) -> "Reading":
        """Return what `to_json` wrote.

        Raises:
            ValueError: the content is something else.
        """
        from pydantic import TypeAdapter

        return TypeAdapter(Reading).validate_json(content)
