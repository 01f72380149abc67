"""A project's ledger as MLflow's own client and as other processes see it, for tests."""

import subprocess
import sys
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run

from eval.ledger import Ledger
from eval.ledger_store import LedgerStore
from eval.mlflow_ledger import ledger_at
from eval.projection import follow_chain
from eval.receipt import Receipt
from eval.receipt_chain import read_receipts
from tests.made_receipt import a_receipt, append

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


def crown(place: Path | Ledger, version: str) -> Receipt:
    """Make a Version champion with a real receipt, after whatever the chain holds."""
    ledger: Ledger = ledger_at(place, {}) if isinstance(place, Path) else place
    receipts = read_receipts(ledger)
    receipt = append(ledger, a_receipt(version, receipts[-1] if receipts else None))
    follow_chain(ledger)
    return receipt


def python(code: str, *arguments: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
