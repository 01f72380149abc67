"""Reading worker: the inside of a process that reads files, one after the other."""

import hashlib
import os
import re
import sys
from multiprocessing.connection import Connection
from pathlib import PurePosixPath

from pipeline.errors import LimitError, ReadError
from pipeline.machine_limits import MEGABYTES
from pipeline.parent_death import end_with
from pipeline.reader import ReaderRegistry
from pipeline.reading import Reading
from pipeline.reading_outcome import ReadingOutcome
from pipeline.reading_task import ReadingTask

READY = b"ready"
"""The first message of a worker that can read; any other is why it can't."""
_CHANGED = "it changed while it was read; run again when nothing writes to it"
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def serve(parent: int) -> None:
    """Read what the connection on standard input asks for, until it is closed.

    The first message is a function that returns the ReaderRegistry; each further one a
    ReadingTask, answered by a ReadingOutcome as JSON.
    """
    end_with(parent)
    connection = Connection(os.dup(0))
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    try:
        readers = connection.recv()()
    except Exception as error:
        connection.send_bytes(_one_line(error).encode("utf-8", "replace"))
        return
    connection.send_bytes(READY)
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        connection.send_bytes(read_file(task, readers).to_json())


def read_file(task: ReadingTask, readers: ReaderRegistry) -> ReadingOutcome:
    """Read one file, whatever its Reader does, as long as this process survives it.

    The Reader is told the suffix of the file's name and nothing else of it, so that a Reading
    depends on bytes and suffix alone.
    """
    try:
        content = task.path.read_bytes()
    except OSError:
        return ReadingOutcome("changed", reason=_CHANGED)
    if hashlib.sha256(content).hexdigest() != task.sha256:
        return ReadingOutcome("changed", reason=_CHANGED)
    try:
        media_type, reading = readers.read(PurePosixPath(f"file{task.suffix}"), content)
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
        return ReadingOutcome.failed(ReadError(f"its reader failed: {_one_line(error)}"))


def _check_text(reading: Reading) -> None:
    try:
        for text in (reading.text, *(heading.title for heading in reading.headings)):
            text.encode("utf-8")
    except UnicodeEncodeError:
        raise ReadError("its text holds half a character (a lone surrogate)") from None


def _one_line(error: BaseException) -> str:
    """Return an error's kind and message; addresses in memory go, which no two runs share."""
    message = _ADDRESS.sub("", " ".join(str(error).split()))[:160]
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return text.encode("utf-8", "replace").decode("utf-8")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
