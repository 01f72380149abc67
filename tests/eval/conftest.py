import shutil
from pathlib import Path

import pytest

from eval.ledger.mlflow_ledger import MlflowLedger, ledger_at


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables and no experiment: making them takes seconds."""
    from tests.support.mlflow import client_of

    root = tmp_path_factory.mktemp("tables")
    (root / ".winnow").mkdir()
    assert client_of(root).get_experiment_by_name("winnow") is None
    return root / ".winnow" / "mlflow.db"


@pytest.fixture
def ledger(tables: Path, tmp_path: Path) -> MlflowLedger:
    database = tmp_path / "project" / ".winnow" / "mlflow.db"
    database.parent.mkdir(parents=True)
    shutil.copyfile(tables, database)
    return ledger_at(tmp_path / "project", {})
