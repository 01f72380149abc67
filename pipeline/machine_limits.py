"""Machine limits: how many files are read at once, and what one may cost this machine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import ParamsError

READERS = "WINNOW_READERS"
SECONDS = "WINNOW_READ_SECONDS"
MEGABYTES = "WINNOW_READ_MEGABYTES"
ALLOW_UNREAD = "WINNOW_ALLOW_UNREAD"


@dataclass(frozen=True, slots=True)
class MachineLimits:
    """What reading may take here; it stands in the environment, as it must not decide a result.

    `readers` counts processes, `seconds` are a file's, `megabytes` (of 1,000,000 bytes) are the
    memory of one process and its children. `allow_unread` lets ingest go on without the files
    that a limit left unread.
    """

    readers: int
    seconds: float = 900.0
    megabytes: int = 2048
    allow_unread: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "MachineLimits":
        """Take what the environment sets, else a process a core and the defaults.

        Raises:
            ParamsError: a variable holds something else than its number.
        """
        return cls(
            readers=_whole(environ, READERS, _cores()),
            seconds=float(_whole(environ, SECONDS, 900)),
            megabytes=_whole(environ, MEGABYTES, 2048),
            allow_unread=_switch(environ, ALLOW_UNREAD),
        )


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _whole(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ParamsError(f"{name} is {text!r}; set a whole number above 0, such as {default}")
    return int(text)


def _switch(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").strip()
    if text not in {"", "0", "1"}:
        raise ParamsError(f"{name} is {text!r}; set 1 for yes or 0 for no")
    return text == "1"
