"""A project's ledger as MLflow's own client and as other processes see it, for tests."""

import subprocess
import sys
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run

from eval.ledger_store import LedgerStore

RECORD = """
import sys
from pathlib import Path
from eval.mlflow_ledger import ledger_at
from tests.scorecard_folder import make_entry
root, folder = map(Path, sys.argv[1:])
print(ledger_at(root, {}).record(make_entry(folder)))
"""


def client_of(root: Path) -> MlflowClient:
    uri = LedgerStore.at(root, {}).uri
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def all_runs(root: Path) -> list[Run]:
    client = client_of(root)
    experiment = client.get_experiment_by_name("winnow")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id]))


def python(code: str, *arguments: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
