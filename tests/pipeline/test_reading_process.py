"""How worker processes begin and end, whoever ends first."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipeline.machine_limits import MachineLimits
from pipeline.reading_pool import ReadingPool
from tests.directed_folder import directed_tasks
from tests.fakes import directed_readers
from tests.project import ROOT, environment

LIMITS = MachineLimits(readers=2, seconds=60.0, megabytes=300)


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
    tasks = directed_tasks(tmp_path, {"leaves": f"leave {record}", "good": "say hi"})
    kinds = [each.outcome.kind for each in ReadingPool(directed_readers, LIMITS).read(tasks)]
    assert kinds == ["read", "read"]
    assert _gone(int(record.read_text()))


def test_no_process_is_left_behind_by_one_who_stops_listening(tmp_path: Path) -> None:
    before = set(psutil.Process().children())
    readings = ReadingPool(directed_readers, LIMITS).read(
        directed_tasks(tmp_path, {"a": "say hello", "b": "hang", "c": "sleep 60"})
    )
    next(readings)
    assert len(set(psutil.Process().children()) - before) == 2
    readings.close()
    assert set(psutil.Process().children()) == before


_COPY = """
from functools import partial
from pathlib import Path
from pipeline.digest import hash_file
from pipeline.machine_limits import MachineLimits
from pipeline.reader import MediaType, ReaderRegistry
from pipeline.reading import Reading
from pipeline.reading_pool import ReadingPool
from pipeline.reading_task import ReadingTask

class HereReader:
    name = "here/1"
    def read(self, content):
        import pipeline.reading_worker
        return Reading(f"{pipeline.reading_worker.__file__}\\n{__name__}")

def here():
    return ReaderRegistry({".md": MediaType("text/markdown", HereReader())})

if __name__ == "__main__":
    import a_stage
    task = ReadingTask(Path("a.md"), "a.md", hash_file(Path("a.md")), 1)
    [each] = ReadingPool(a_stage.here, MachineLimits(1)).read([task])
    print(each.outcome.reading.text, end="")
"""


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
    assert done.stdout == f"{tmp_path / 'pipeline' / 'reading_worker.py'}\na_stage"


_SCRIPT = """
import sys
from pathlib import Path
from pipeline.digest import hash_file
from pipeline.machine_limits import MachineLimits
from pipeline.reading_pool import ReadingPool
from pipeline.reading_task import ReadingTask
from pipeline.stage import run_stage
from tests.fakes import directed_readers

def main(names):
    tasks = [ReadingTask(Path(name), name, hash_file(Path(name)), 1) for name in names]
    for each in ReadingPool(directed_readers, MachineLimits(2)).read(tasks):
        print(each.task.relative, flush=True)

run_stage(main)
"""


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
