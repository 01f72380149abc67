"""Reading task: one file that is to be read, as a reading process is told of it."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class ReadingTask:
    """A file as it was when it was hashed; `relative` is its path below the raw folder.

    `sha256` is of its bytes, `size` their number.
    """

    path: Path
    relative: str
    sha256: str
    size: int

    @property
    def suffix(self) -> str:
        """What chooses its Reader: the ending of its name in lower case, or nothing."""
        return PurePosixPath(self.relative).suffix.lower()

    @property
    def content_key(self) -> tuple[str, str]:
        """What decides its Reading: its bytes and its suffix; equal for exact duplicates."""
        return self.sha256, self.suffix
