"""Worker processes at work: each file says what it makes its reader do (`tests.fakes`)."""

import os
import resource
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from pipeline.errors import PrerequisiteError
from pipeline.machine_limits import MachineLimits
from pipeline.reading_outcome import ReadingOutcome
from pipeline.reading_pool import ReadingPool
from pipeline.reading_process import MakeReaders
from tests.directed_folder import directed_tasks
from tests.fakes import directed_readers

LIMITS = MachineLimits(readers=2, seconds=60.0, megabytes=300)


def _read(
    folder: Path,
    orders: Mapping[str, str],
    limits: MachineLimits = LIMITS,
    make_readers: MakeReaders = directed_readers,
) -> dict[str, ReadingOutcome]:
    """Return the outcome of each file, in the order in which they came."""
    pool = ReadingPool(make_readers, limits)
    return {each.task.path.stem: each.outcome for each in pool.read(directed_tasks(folder, orders))}


def _text(outcome: ReadingOutcome) -> str:
    assert outcome.reading is not None, outcome.reason
    return outcome.reading.text


def test_each_file_that_breaks_its_reader_costs_itself_only(tmp_path: Path) -> None:
    orders = {
        "crashes": "crash",
        "aborts": "signal 6",
        "leaves": "exit 3",
        "locked": "raise read",
        "broken": "raise runtime",
        "deep": "raise recursion",
        "quits": "raise exit",
        "garbled": "garble",
        "half": "half",
        "title": "title",
        "good": "say hello",
    }
    outcomes = _read(tmp_path, orders)
    assert _text(outcomes.pop("good")) == "hello"
    assert {outcome.kind for outcome in outcomes.values()} == {"unreadable"}
    assert {name: outcome.reason for name, outcome in outcomes.items()} == {
        "crashes": "its reader crashed: signal 11",
        "aborts": "its reader crashed: signal 6",
        "leaves": "its reader ended the process with status 3",
        "locked": "it needs a password",
        "broken": "its reader failed: RuntimeError: deep in a library, <object>",
        "deep": "its reader failed: RecursionError",
        "quits": "its reader failed: SystemExit: a library gives up",
        "garbled": "its reader's answer is no Reading",
        "half": "its text holds half a character (a lone surrogate)",
        "title": "its text holds half a character (a lone surrogate)",
    }


def test_what_this_machine_ended_is_told_apart(tmp_path: Path) -> None:
    orders = {
        "killed": "signal 9",
        "ended": "signal 15",
        "memory": "raise memory",
        "limit": "raise limit",
        "good": "say hello",
    }
    outcomes = _read(tmp_path, orders)
    assert _text(outcomes.pop("good")) == "hello"
    assert {outcome.kind for outcome in outcomes.values()} == {"limit"}
    reasons = {name: str(outcome.reason) for name, outcome in outcomes.items()}
    assert "memory runs out; lower WINNOW_READERS" in reasons["killed"]
    assert "by signal 15; run again" in reasons["ended"]
    assert "raise WINNOW_READ_MEGABYTES" in reasons["memory"]
    assert reasons["limit"] == "the system is out of patience"


@pytest.mark.parametrize("order", ["sleep 3600", "hang"])
def test_a_reader_that_never_ends_is_ended(tmp_path: Path, order: str) -> None:
    limits = MachineLimits(readers=1, seconds=1.0)
    orders = {"endless": order, "good": "say hi"}
    outcomes = _read(tmp_path, orders, limits)
    assert outcomes["endless"].kind == "limit"
    assert outcomes["endless"].reason == (
        "it took longer than 1 s to read; raise WINNOW_READ_SECONDS"
    )
    assert _text(outcomes["good"]) == "hi"


@pytest.mark.parametrize("order", ["hoard", "gulp"])
def test_a_reader_that_takes_ten_gigabytes_is_ended_long_before(tmp_path: Path, order: str) -> None:
    outcomes = _read(tmp_path, {"greedy": order, "good": "say hi"})
    assert outcomes["greedy"].kind == "limit"
    assert outcomes["greedy"].reason == (
        "it took more than 300 MB to read; raise WINNOW_READ_MEGABYTES"
    )
    assert _text(outcomes["good"]) == "hi"
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert largest < 5_000_000_000


def test_a_child_of_a_reader_counts_against_its_memory(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, {"greedy": "delegate hoard"})
    assert "it took more than 300 MB" in str(outcomes["greedy"].reason)


def test_a_process_that_has_grown_is_replaced(tmp_path: Path) -> None:
    one = MachineLimits(readers=1, megabytes=400)
    kept = _read(tmp_path, {"a": "process", "b": "process "}, one)
    assert _text(kept["a"]) == _text(kept["b"])
    # The largest file comes first.
    orders = {"a": "process" + " " * 9, "b": "keep 200", "c": "process"}
    grown = _read(tmp_path, orders, one)
    assert _text(grown["a"]) != _text(grown["c"])


def test_what_a_library_prints_reaches_nobody(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert _text(_read(tmp_path, {"loud": "shout 20000"})["loud"]) == "done: shout"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda path: path.write_text("say something else"), "changed"),
        (lambda path: path.unlink(), "changed"),
        (lambda path: path.touch(), "read"),
    ],
)
def test_a_file_that_changed_meanwhile_is_not_believed(
    tmp_path: Path, change: Callable[[Path], object], kind: str
) -> None:
    [task] = directed_tasks(tmp_path, {"a": "say this"})
    change(task.path)
    [finished] = ReadingPool(directed_readers, LIMITS).read([task])
    assert finished.outcome.kind == kind
    if kind == "changed":
        assert "it changed while it was read; run again" in str(finished.outcome.reason)


def test_the_largest_files_come_first(tmp_path: Path) -> None:
    orders = {"a": "say a", "b": "say bbb", "c": "say cc"}
    assert list(_read(tmp_path, orders, MachineLimits(readers=1))) == ["b", "c", "a"]


def test_two_files_are_read_side_by_side(tmp_path: Path) -> None:
    started = time.monotonic()
    _read(tmp_path, {"a": "sleep 1.5", "b": "sleep 1.5 ", "c": "sleep 1.5  ", "d": "sleep 1.5   "})
    assert time.monotonic() - started < 5.5


def test_a_process_uses_one_thread_and_orders_sets_alike(tmp_path: Path) -> None:
    orders = {name: f"environment {name}" for name in ("OMP_NUM_THREADS", "PYTHONHASHSEED")}
    assert {name: _text(each) for name, each in _read(tmp_path, orders).items()} == {
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }


def test_a_process_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteError, match="could not start .*no-such-folder"):
        _read(tmp_path, {"a": "say a"}, make_readers=partial(os.listdir, "/no-such-folder"))  # type: ignore[arg-type]
