"""Reading worker: the inside of a process that reads files, one after the other, and its limits."""

import ctypes
import hashlib
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection

from pipeline.documents.document import Reading
from pipeline.documents.raw_files import RawEntry
from pipeline.documents.reader import Readers, ReadingOutcome, read_content
from pipeline.errors import LimitError, ParamsError, ReadError, lasting_line

READERS = "WINNOW_READERS"
SECONDS = "WINNOW_READ_SECONDS"
MEGABYTES = "WINNOW_READ_MEGABYTES"
ALLOW_UNREAD = "WINNOW_ALLOW_UNREAD"
READY = b"ready"
"""The first message of a worker that can read; any other is why it can't."""
_CHANGED = "it changed while it was read; run again when nothing writes to it"
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_EVERY_SECONDS = 1.0


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
        has_affinity = hasattr(os, "sched_getaffinity")
        cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
        return cls(
            readers=_whole(environ, READERS, cores),
            seconds=float(_whole(environ, SECONDS, 900)),
            megabytes=_whole(environ, MEGABYTES, 2048),
            allow_unread=_switch(environ, ALLOW_UNREAD),
        )


def serve(parent: int) -> None:
    """Read what the connection on standard input asks for, until it is closed.

    The first message is a function that returns the Readers; each further one a
    RawEntry, answered by a ReadingOutcome as JSON.
    """
    _end_with(parent)
    connection = Connection(os.dup(0))
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    try:
        readers = connection.recv()()
    except Exception as error:
        connection.send_bytes(_kind_and_message(error).encode("utf-8", "replace"))
        return
    connection.send_bytes(READY)
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        connection.send_bytes(read_file(task, readers).to_json())


def read_file(task: RawEntry, readers: Readers) -> ReadingOutcome:
    """Read one file, whatever its Reader does, as long as this process survives it.

    The Reader is told the suffix of the file's name and nothing else of it, so that a Reading
    depends on bytes and suffix alone.
    """
    try:
        content = task.path.read_bytes()
    except OSError:
        content = None
    if content is None or hashlib.sha256(content).hexdigest() != task.sha256:
        return ReadingOutcome("changed", reason=_CHANGED)
    try:
        media_type, reading = read_content(readers, task.suffix, content)
        _check_text(reading)
        return ReadingOutcome("read", None, media_type.name, media_type.reader.name, reading)
    except ReadError as error:
        return ReadingOutcome.failed(error)
    except MemoryError:
        return ReadingOutcome.failed(
            LimitError(f"the memory did not suffice to read it; raise {MEGABYTES}")
        )
    except BaseException as error:
        # The libraries behind Readers raise anything on a broken file, some of it (a panic in
        # Rust, SystemExit) no Exception; the other files still count.
        return ReadingOutcome.failed(ReadError(f"its reader failed: {_kind_and_message(error)}"))


def _check_text(reading: Reading) -> None:
    try:
        for text in (reading.text, *(heading.title for heading in reading.headings)):
            text.encode("utf-8")
    except UnicodeEncodeError:
        raise ReadError("its text holds half a character (a lone surrogate)") from None


def _kind_and_message(error: BaseException) -> str:
    message = lasting_line(error, 160)
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return text.encode("utf-8", "replace").decode("utf-8")


def _end_with(parent: int) -> None:
    """End this process as soon as its parent is gone, though it may hang in C code.

    On Linux the kernel sees to it, and processes that descendants left behind become this one's
    children, so that they can be found; elsewhere a thread watches.
    """
    if sys.platform == "linux":
        # prctl(2); the signal comes when the parent's thread that started this process ends.
        library = ctypes.CDLL(None)
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        library.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_EVERY_SECONDS)
    os._exit(1)


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


if __name__ == "__main__":
    serve(int(sys.argv[1]))
