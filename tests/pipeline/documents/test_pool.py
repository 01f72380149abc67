"""Reading in processes of their own: what one file does costs no other, and nothing is left."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import psutil
import pytest

from pipeline.documents.pool import MakeReaders, read_files
from pipeline.documents.reader import ReadingOutcome
from pipeline.documents.worker import MachineLimits
from pipeline.errors import PrerequisiteError
from tests.fakes import directed_readers
from tests.support.corpus import directed_tasks
from tests.support.project import ROOT, environment

LIMITS = MachineLimits(readers=2, seconds=60.0, megabytes=300)
_COPY = """
from functools import partial
from pathlib import Path
from pipeline.documents.document import Reading
from pipeline.documents.pool import read_files
from pipeline.documents.raw_files import RawEntry
from pipeline.documents.reader import MediaType
from pipeline.documents.worker import MachineLimits
from pipeline.files import hash_file

class HereReader:
    name = "here/1"
    def read(self, content):
        import pipeline.documents.worker
        return Reading(f"{pipeline.documents.worker.__file__}\\n{__name__}")

def here():
    return {".md": MediaType("text/markdown", HereReader())}

if __name__ == "__main__":
    import a_stage
    task = RawEntry(Path("a.md"), "a.md", 1, sha256=hash_file(Path("a.md")))
    [(_, outcome)] = read_files([task], a_stage.here, MachineLimits(1))
    print(outcome.reading.text, end="")
"""
_SCRIPT = """
import sys
from pathlib import Path
from pipeline.documents.pool import read_files
from pipeline.documents.raw_files import RawEntry
from pipeline.documents.worker import MachineLimits
from pipeline.files import hash_file
from pipeline.process import run_stage
from tests.fakes import directed_readers

def main(names):
    tasks = [RawEntry(Path(name), name, 1, sha256=hash_file(Path(name))) for name in names]
    for task, _ in read_files(tasks, directed_readers, MachineLimits(2)):
        print(task.relative, flush=True)

run_stage(main)
"""


def _read(
    folder: Path,
    orders: Mapping[str, str],
    limits: MachineLimits = LIMITS,
    make_readers: MakeReaders = directed_readers,
) -> dict[str, ReadingOutcome]:
    """Return the outcome of each file, in the order in which they came."""
    found = read_files(directed_tasks(folder, orders), make_readers, limits)
    return {task.path.stem: outcome for task, outcome in found}


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
    [(_, outcome)] = read_files([task], directed_readers, LIMITS)
    assert outcome.kind == kind
    if kind == "changed":
        assert "it changed while it was read; run again" in str(outcome.reason)


def test_the_largest_files_come_first(tmp_path: Path) -> None:
    orders = {"a": "say a", "b": "say bbb", "c": "say cc"}
    assert list(_read(tmp_path, orders, MachineLimits(readers=1))) == ["b", "c", "a"]


def test_two_files_are_read_side_by_side(tmp_path: Path) -> None:
    tasks = directed_tasks(tmp_path, {"first": "sleep 3600", "second": "say hi"})
    outcomes = read_files(tasks, directed_readers, LIMITS)
    task, _ = next(outcomes)
    outcomes.close()
    assert task.path.stem == "second"


def test_a_process_uses_one_thread_and_orders_sets_alike(tmp_path: Path) -> None:
    orders = {name: f"environment {name}" for name in ("OMP_NUM_THREADS", "PYTHONHASHSEED")}
    assert {name: _text(each) for name, each in _read(tmp_path, orders).items()} == {
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }


def test_a_process_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteError, match="could not start .*no-such-folder"):
        _read(tmp_path, {"a": "say a"}, make_readers=partial(os.listdir, "/no-such-folder"))  # type: ignore[arg-type]


def _gone(pid: int) -> bool:
    """Wait until a process has ended; a zombie that nobody has asked about yet has."""
    for _ in range(100):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_what_a_reader_left_behind_ends_with_its_file(tmp_path: Path) -> None:
    record = tmp_path / "pid"
    outcomes = _read(tmp_path, {"leaves": f"leave {record}", "good": "say hi"})
    assert [each.kind for each in outcomes.values()] == ["read", "read"]
    assert _gone(int(record.read_text()))


def test_no_process_is_left_behind_by_one_who_stops_listening(tmp_path: Path) -> None:
    before = set(psutil.Process().children())
    tasks = directed_tasks(tmp_path, {"a": "say hello", "b": "hang", "c": "sleep 60"})
    readings = read_files(tasks, directed_readers, LIMITS)
    next(readings)
    assert len(set(psutil.Process().children()) - before) == 2
    readings.close()
    assert set(psutil.Process().children()) == before


def test_a_copy_of_the_project_reads_with_its_own_code(tmp_path: Path) -> None:
    """As in an experiment of DVC, while another checkout is the one that is installed."""
    shutil.copytree(ROOT / "pipeline", tmp_path / "pipeline")
    (tmp_path / "a_stage.py").write_text(_COPY)
    (tmp_path / "a.md").write_text("x")
    done = subprocess.run(
        [sys.executable, "-m", "a_stage"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{tmp_path / 'pipeline' / 'documents' / 'worker.py'}\na_stage"


def _interrupted(folder: Path, ending: signal.Signals) -> tuple[int, str, list[psutil.Process]]:
    """Start a stage two of whose files hang, end it, and return its status, errors and children."""
    orders = {"quick": "say hi", "hangs": "hang", "sleeps": "sleep 3600"}
    names = [str(task.path) for task in directed_tasks(folder, orders)]
    with subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, *names],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as stage:
        assert stage.stdout is not None
        assert stage.stderr is not None
        assert "quick" in stage.stdout.readline()
        # Both processes stand, one of them deep in C code that never looks at a signal.
        time.sleep(0.5)
        children = psutil.Process(stage.pid).children(recursive=True)
        stage.send_signal(ending)
        stage.wait(timeout=20)
        return stage.returncode, stage.stderr.read(), children


def test_ctrl_c_ends_everything_without_a_traceback(tmp_path: Path) -> None:
    status, errors, children = _interrupted(tmp_path, signal.SIGINT)
    assert (status, errors) == (130, "")
    assert len(children) == 2
    assert not any(child.is_running() for child in children)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_processes_end_when_their_parent_dies(tmp_path: Path, ending: signal.Signals) -> None:
    status, _, children = _interrupted(tmp_path, ending)
    assert status == -ending
    assert len(children) == 2
    assert all(_gone(child.pid) for child in children)
