"""Raw folder: what lies below it, and which entries can never be read as files."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator

from pipeline.files import matches_any


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry: `relative` is its path below the raw folder, with forward slashes.

    Bytes of a name that are no UTF-8 stand in `relative` as lone surrogates. `size` is in
    bytes; `fault` says why the entry can't be read as a file, and what to do, or is None. `sha256`
    is of its bytes, empty until they are hashed.
    """

    path: Path
    relative: str
    size: int = 0
    fault: str | None = None
    sha256: str = ""

    @property
    def suffix(self) -> str:
        """What chooses its Reader: the ending of its name in lower case, or nothing."""
        return PurePosixPath(self.relative).suffix.lower()

    @property
    def content_key(self) -> tuple[str, str]:
        """What decides its Reading: its bytes and its suffix; equal for exact duplicates."""
        return self.sha256, self.suffix

    @property
    def printable(self) -> str:
        """The relative path as one line of valid text."""
        return printable(self.relative)


def printable(name: str) -> str:
    """Return a name as one line of valid text, control characters escaped."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


Line = Annotated[str, AfterValidator(printable)]
"""Text from outside: where pydantic reads it, it becomes one printable line."""


def raw_entries(folder: Path, exclude: Sequence[str]) -> list[RawEntry]:
    """Return every file, link and special file below a folder, ordered by relative path.

    Nothing is opened. Links to folders are not followed, and have a fault; so has a folder that
    cannot be listed.
    """
    root = folder.resolve()
    return sorted(
        (entry for entry in _walk(root) if not matches_any(entry.relative, exclude)),
        key=lambda entry: entry.relative,
    )


def _walk(root: Path) -> Iterator[RawEntry]:
    closed: list[OSError] = []
    for place, folders, files in os.walk(root, onerror=closed.append):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        yield from (_entry(root, Path(place, name)) for name in [*files, *links])
    for error in closed:
        path = Path(error.filename)
        reason = f"it is a folder that cannot be listed ({error.strerror}); mend or remove it"
        yield RawEntry(path, path.relative_to(root).as_posix(), fault=reason)


def _entry(root: Path, path: Path) -> RawEntry:
    relative = path.relative_to(root).as_posix()
    try:
        relative.encode("utf-8")
    except UnicodeEncodeError:
        return RawEntry(path, relative, fault="its name is not valid UTF-8; rename it")
    try:
        about = path.stat()
        is_link = path.is_symlink()
        target = path.resolve() if is_link else path
    except OSError as error:
        kind = "it is a link that leads nowhere" if os.path.islink(path) else "it cannot be opened"
        return RawEntry(path, relative, fault=f"{kind} ({error.strerror}); remove or mend it")
    if not target.is_relative_to(root):
        return RawEntry(path, relative, fault="it is a link out of the folder; put a copy there")
    if stat.S_ISDIR(about.st_mode):
        return RawEntry(path, relative, fault="it is a link to a folder; put a copy there")
    if not stat.S_ISREG(about.st_mode):
        return RawEntry(path, relative, fault="it is no regular file (a pipe, socket or device)")
    return RawEntry(path, relative, about.st_size)
