"""The ledger when processes are killed or race, and when its store is broken."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from eval.ledger.mlflow_ledger import MlflowLedger, ledger_at
from pipeline.errors import LedgerError
from tests.support.gates import make_record
from tests.support.mlflow import RECORD, all_runs, client_of, python

# The first attached file is a pipe that nobody writes to: the recording hangs half way.
RECORD_AND_HANG = """
import os, sys
from dataclasses import replace
from pathlib import Path
from eval.ledger.mlflow_ledger import ledger_at
from tests.support.gates import make_record
root, folder = map(Path, sys.argv[1:])
entry = make_record(folder)
os.mkfifo(folder / "pipe")

class Hanging(dict):
    def items(self):
        print("half way", flush=True)
        open(folder / "pipe").read()

ledger_at(root, {}).record(replace(entry, files=Hanging()))
"""


@pytest.mark.slow
def test_a_run_that_was_killed_half_way_is_continued(ledger: MlflowLedger, tmp_path: Path) -> None:
    root = tmp_path / "project"
    process = python(RECORD_AND_HANG, root, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "half way\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert ledger.records() == []
    [unfinished] = all_runs(root)
    assert ledger.record(make_record(tmp_path)) == unfinished.info.run_id
    [run] = all_runs(root)
    assert run.info.status == "FINISHED"
    assert len(client_of(root).get_metric_history(run.info.run_id, "context_recall")) == 1
    assert len(ledger.scores(ledger.records()[0])) == 4


@pytest.mark.thorough
@pytest.mark.slow
def test_three_first_uses_at_once_make_one_run(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(3)]
    processes = [python(RECORD, tmp_path / "project", folder) for folder in folders]
    results = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], results
    assert len({out for out, _ in results}) == 1
    assert [err for _, err in results] == ["", "", ""]
    assert len(all_runs(tmp_path / "project")) == 1


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    broken = tmp_path / ".winnow" / "mlflow.db"
    broken.parent.mkdir()
    broken.write_text("not a database" * 100)
    with pytest.raises(LedgerError) as caught:
        ledger_at(tmp_path, {}).records()
    message = str(caught.value)
    assert "\n" not in message
    assert "file is not a database" in message
    assert f"mv {broken} {broken}.broken" in message


def test_a_place_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / ".winnow" / "mlflow.db").mkdir(parents=True)
    with pytest.raises(LedgerError, match="unable to open database file; check that the disk"):
        ledger_at(tmp_path, {}).records()


@pytest.mark.slow
def test_a_store_of_another_mlflow_says_how_to_upgrade(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    ledger.record(make_record(tmp_path))
    with sqlite3.connect(tmp_path / "project/.winnow/mlflow.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
    database.close()
    process = python(RECORD, tmp_path / "project", tmp_path / "other")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "mlflow db upgrade sqlite:///" in errors.splitlines()[-1]


def test_a_scorecard_that_lost_its_tags_is_named(ledger: MlflowLedger, tmp_path: Path) -> None:
    run = ledger.record(make_record(tmp_path))
    client_of(tmp_path / "project").delete_tag(run, "winnow.scorecard.0")
    with pytest.raises(LedgerError, match=f"mlflow runs delete --run-id {run}"):
        ledger.records()


def test_a_deleted_experiment_says_how_to_restore_it(ledger: MlflowLedger, tmp_path: Path) -> None:
    ledger.record(make_record(tmp_path))
    client = client_of(tmp_path / "project")
    experiment = client.get_experiment_by_name("winnow")
    assert experiment is not None
    client.delete_experiment(experiment.experiment_id)
    with pytest.raises(LedgerError, match="mlflow experiments restore"):
        ledger.record(make_record(tmp_path))


def test_a_deleted_run_is_recorded_anew(ledger: MlflowLedger, tmp_path: Path) -> None:
    first = ledger.record(make_record(tmp_path))
    client_of(tmp_path / "project").delete_run(first)
    assert ledger.records() == []
    assert ledger.record(make_record(tmp_path)) != first


@pytest.mark.slow
@pytest.mark.thorough
def test_recording_waits_for_another_process(ledger: MlflowLedger, tmp_path: Path) -> None:
    ledger.record(make_record(tmp_path))
    with FileLock(tmp_path / "project/.winnow/mlflow.db.lock"):
        process = python(RECORD, tmp_path / "project", tmp_path / "other")
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=5)
    assert process.communicate(timeout=60)[0].strip() == ledger.records()[0].run


@pytest.mark.slow
def test_mlflow_is_quiet_and_sends_nothing(tmp_path: Path) -> None:
    code = "import logging, sys\nlogging.basicConfig(level=logging.INFO)\n" + RECORD
    code += "import os; print(os.environ['MLFLOW_DISABLE_TELEMETRY'], file=sys.stderr)"
    environ = {name: each for name, each in os.environ.items() if "MLFLOW" not in name}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "project"), str(tmp_path)],
        capture_output=True,
        text=True,
        env=environ,
        check=True,
    )
    assert done.stderr == "true\n"
