"""The ledger against a real MLflow server on loopback."""

import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from mlflow import MlflowClient

from eval.ledger.mlflow_ledger import ledger_at
from pipeline.errors import LedgerError
from tests.support.gates import ONE, TWO, make_record, make_scorecard
from tests.support.mlflow import crown, free_port, mlflow_server

RECORD = """
import sys
from pathlib import Path
from eval.ledger.mlflow_ledger import ledger_at
from tests.support.gates import make_record
uri, folder = sys.argv[1:]
print(ledger_at(Path(folder), {"MLFLOW_TRACKING_URI": uri}).record(make_record(Path(folder))))
"""


class SilentHandler(BaseHTTPRequestHandler):
    """Knows no page and no method of MLflow."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    with mlflow_server(folder, f"sqlite:///{folder}/server.db", str(folder / "files")) as uri:
        yield uri


@pytest.mark.slow
@pytest.mark.thorough
def test_three_processes_and_a_repetition_leave_one_record(server: str, tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path, {"MLFLOW_TRACKING_URI": server})
    assert ledger.records() == []
    assert ledger.champion() is None
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RECORD, server, str(tmp_path / str(number))],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    results = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], results
    assert [errors for _, errors in results] == ["", "", ""]
    new = make_record(tmp_path)
    run = ledger.record(new)
    [record] = ledger.records()
    assert record.run == run == ledger.record(new)
    assert record.scorecard == new.scorecard
    assert (record.measurements, record.tags) == (new.measurements, new.tags)
    assert len(ledger.scores(record)) == 4


@pytest.mark.slow
@pytest.mark.thorough
def test_files_and_the_chain_are_the_servers(server: str, tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path, {"MLFLOW_TRACKING_URI": server})
    ledger.record(make_record(tmp_path, make_scorecard(ONE, mean=0.5)))
    run = ledger.record(make_record(tmp_path, make_scorecard(TWO)))
    client = MlflowClient(server)
    assert {file.path for file in client.list_artifacts(run)} == {
        "plots",
        "scorecard.json",
        "scores.parquet",
    }
    crown(ledger, ONE)
    crown(ledger, TWO)
    assert ledger.champion() == TWO
    assert client.get_model_version_by_alias("winnow", "champion").tags["version"] == TWO
    assert not (tmp_path / ".winnow").exists()


def test_a_server_that_is_away_is_one_clear_line(tmp_path: Path) -> None:
    port = free_port()
    uri = f"http://someone:secret@127.0.0.1:{port}"
    began = time.monotonic()
    with pytest.raises(LedgerError) as caught:
        ledger_at(tmp_path, {"MLFLOW_TRACKING_URI": uri}).records()
    assert time.monotonic() - began < 30
    assert "secret" not in "".join(traceback.format_exception(caught.value))
    assert str(caught.value) == (
        f"the MLflow store http://***@127.0.0.1:{port}: it cannot be reached (connection refused);"
        " start that server, or correct MLFLOW_TRACKING_URI (unset, a local store is used)"
    )


def test_a_server_that_is_something_else_is_one_clear_line(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), SilentHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        uri = f"http://127.0.0.1:{server.server_address[1]}"
        with pytest.raises(LedgerError) as caught:
            ledger_at(tmp_path, {"MLFLOW_TRACKING_URI": uri}).records()
        server.shutdown()
        thread.join()
    assert "\n" not in str(caught.value)
    assert "correct MLFLOW_TRACKING_URI" in str(caught.value)
