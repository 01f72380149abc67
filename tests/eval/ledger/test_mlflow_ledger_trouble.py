"""The ledger when processes are killed or race, and when its store is broken."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock

from eval.ledger.mlflow_ledger import MlflowLedger, ledger_at
from pipeline.errors import LedgerError
from tests.support.gates import make_record
from tests.support.mlflow import RECORD, all_runs, client_of, die, python


class Deadly(dict[str, Path]):
    """Files whose copying kills the process."""

    def items(self) -> NoReturn:  # type: ignore[override]
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def test_a_run_that_was_killed_half_way_is_continued(ledger: MlflowLedger, tmp_path: Path) -> None:
    root = tmp_path / "project"
    new = make_record(tmp_path)
    die(lambda: ledger_at(root, {}).record(replace(new, files=Deadly())))
    assert ledger.records() == []
    [unfinished] = all_runs(root)
    assert ledger.record(new) == unfinished.info.run_id
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


def test_a_store_of_another_mlflow_says_how_to_upgrade(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "project/.winnow/mlflow.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
        database.commit()
    with pytest.raises(LedgerError, match="mlflow db upgrade sqlite:///"):
        ledger.record(make_record(tmp_path))


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
@pytest.mark.thorough
def test_mlflow_is_quiet_and_sends_nothing(tmp_path: Path) -> None:
    # What the test itself imports may talk; MLflow is imported by the ledger, later.
    code = "import logging, sys, tests.support.gates\nlogging.basicConfig(level=logging.INFO)\n"
    code += RECORD
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
