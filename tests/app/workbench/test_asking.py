"""Asking: columns grow, those of models together, and can be stopped."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from app.workbench.answer_column import Column
from app.workbench.asking import grow
from app.workbench.scored_version import scored_versions
from pipeline.answer import Answer, Sentence
from tests.app.workbench.sample_library import record

LOCAL, *REMOTE = scored_versions(
    [record(name, 120, 0, 0.8) for name in ("writer", "crowded", "small")], None
)


def answered(text: str) -> Answer:
    return Answer("q", (Sentence(text, ()),), ())


def follow(column: Column) -> Iterator[Column]:
    for text in ("One", "One two"):
        yield replace(column, answer=answered(text), writing=True)
    yield replace(column, answer=answered("One two three"))


def columns(*, local: bool = True) -> list[Column]:
    versions = [*REMOTE, LOCAL] if local else REMOTE
    return [Column(slot, version) for slot, version in zip("ABC", versions, strict=False)]


def states(board: list[Column]) -> list[str]:
    return [column.state for column in board]


def test_local_versions_answer_before_models_are_asked_together() -> None:
    boards = [states(each) for each in grow(columns(), follow, threading.Event(), 0.0)]
    assert boards[:2] == [["waiting", "waiting", "asking"], ["asking", "asking", "answered"]]
    assert boards[-1] == ["answered"] * 3


def test_models_write_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=5)

    def meet(column: Column) -> Iterator[Column]:
        both.wait()
        yield from follow(column)

    *_, last = grow(columns(local=False), meet, threading.Event(), 0.0)
    assert states(last) == ["answered", "answered"]


def test_many_small_steps_are_shown_at_a_rate_that_an_eye_can_follow() -> None:
    def words(column: Column) -> Iterator[Column]:
        for count in range(60):
            time.sleep(0.002)
            yield replace(column, answer=answered("word " * count), writing=True)
        yield from follow(column)

    started = time.monotonic()
    boards = list(grow(columns(local=False), words, threading.Event(), 0.04))
    assert len(boards) <= (time.monotonic() - started) / 0.04 + 3
    assert boards[-1][0].answer == answered("One two three")


def test_what_is_still_written_can_be_stopped() -> None:
    stop, released = threading.Event(), threading.Event()

    def slow(column: Column) -> Iterator[Column]:
        yield replace(column, answer=answered("One"), writing=True)
        if column.slot == "A":
            released.wait(5)
        yield from follow(column)

    boards = []
    for board in grow(columns(local=False), slow, stop, 0.01):
        boards.append(states(board))
        if boards[-1][1] == "answered":
            stop.set()
    released.set()
    assert boards[-1] == ["stopped", "answered"]


def test_a_page_that_is_closed_stops_what_it_asked() -> None:
    stop = threading.Event()
    growing = grow(columns(local=False), follow, stop, 0.0)
    next(growing)
    growing.close()  # type: ignore[attr-defined]
    assert stop.is_set()
