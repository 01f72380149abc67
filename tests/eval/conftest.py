from pathlib import Path

import pytest

from eval.ledger.mlflow_ledger import MlflowLedger
from tests.support.mlflow import new_ledger


@pytest.fixture
def ledger(mlflow_tables: Path, tmp_path: Path) -> MlflowLedger:
    return new_ledger(tmp_path / "project", mlflow_tables)
