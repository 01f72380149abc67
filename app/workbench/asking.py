"""Asking: the chosen Versions answer, and their columns grow."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue

from app.workbench.answer_column import Column

PAUSE = 0.1
"""Seconds between two states of the page while models write: enough for an eye to follow."""

Follow = Callable[[Column], Iterator[Column]]
"""Asks the Version of a column, and yields the column as it grows until it is no longer open."""


def grow(
    columns: Sequence[Column], follow: Follow, stop: threading.Event, pause: float = PAUSE
) -> Iterator[list[Column]]:
    """Yield all columns as they change; `stop` ends those that still wait for a model.

    Versions that answer on this machine go one after the other, so that the seconds of one are
    not those of another; then those that wait for a model's endpoint, all at once.
    """
    board = list(columns)
    remote = [at for at, column in enumerate(board) if column.version.remote]
    for at in (at for at in range(len(board)) if at not in remote):
        board[at] = replace(board[at], asking=True)
        yield list(board)
        *_, board[at] = follow(board[at])
    if remote:
        yield from _together(board, remote, follow, stop, pause)
    yield list(board)


def _together(
    board: list[Column], remote: list[int], follow: Follow, stop: threading.Event, pause: float
) -> Iterator[list[Column]]:
    inbox: SimpleQueue[tuple[int, Column]] = SimpleQueue()

    def run(at: int, column: Column) -> None:
        for grown in follow(column):
            inbox.put((at, grown))
            if stop.is_set():
                return

    try:
        for at in remote:
            board[at] = replace(board[at], asking=True)
            threading.Thread(target=run, args=(at, board[at]), daemon=True).start()
        while any(board[at].open for at in remote) and not stop.is_set():
            yield list(board)
            stop.wait(pause)
            for at, column in _arrived(inbox, pause):
                board[at] = column
        for at in remote:
            board[at] = replace(board[at], stopped=board[at].open)
    finally:
        # Also when nobody listens any more: a page that was closed asks for nothing.
        stop.set()


def _arrived(inbox: "SimpleQueue[tuple[int, Column]]", seconds: float) -> list[tuple[int, Column]]:
    """Return what has come, after at most so many seconds of waiting for the first."""
    arrived = []
    try:
        arrived.append(inbox.get(timeout=seconds))
        while True:
            arrived.append(inbox.get_nowait())
    except Empty:
        return arrived
