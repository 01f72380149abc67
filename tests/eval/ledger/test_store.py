from pathlib import Path

import pytest

from eval.ledger.store import LedgerAddress, ledger_fault


def test_a_fault_is_one_line_without_secrets() -> None:
    uri = "postgresql://u:secret@host/db?password=secret"
    message = str(ledger_fault(uri, ValueError(f"cannot open {uri}\nat http://u:secret@host/x")))
    assert "secret" not in message
    assert "\n" not in message
    assert message.startswith("the MLflow store postgresql://***@host/db: cannot open")


@pytest.mark.parametrize(
    ("uri", "reason", "fix"),
    [
        ("http://h", "x (Caused by [Errno 111] Connection refused')", "start that server"),
        ("http://h", "Read timed out. (read timeout=15)", "start that server"),
        ("postgresql://h/d", "No module named 'psycopg'", "install the driver"),
        ("sqlite:////a/b.db", "detected out-of-date database schema; upgrade", "mlflow db upgrade"),
        ("sqlite:////a/b.db", "The file lock could not be acquired.", "wait for it or end it"),
        ("sqlite:////a b/c.db", "disk I/O error", "mv '/a b/c.db' '/a b/c.db.broken'"),
    ],
)
def test_each_reason_has_its_fix(uri: str, reason: str, fix: str) -> None:
    assert fix in str(ledger_fault(uri, RuntimeError(reason)))


@pytest.mark.parametrize(
    ("environ", "uri", "artifacts"),
    [
        ({}, "sqlite:////here/.winnow/mlflow.db", "/here/.winnow/mlartifacts"),
        ({"DVC_ROOT": "/main"}, "sqlite:////main/.winnow/mlflow.db", "/main/.winnow/mlartifacts"),
        ({"MLFLOW_TRACKING_URI": ""}, "sqlite:////here/.winnow/mlflow.db", None),
        ({"MLFLOW_TRACKING_URI": "http://h:5000"}, "http://h:5000", None),
        (
            {"MLFLOW_TRACKING_URI": "sqlite:///ledger/m.db", "DVC_ROOT": "/main"},
            "sqlite:////main/ledger/m.db",
            "/main/ledger/mlartifacts",
        ),
        ({"MLFLOW_TRACKING_URI": "sqlite:////x/m.db"}, "sqlite:////x/m.db", "/x/mlartifacts"),
    ],
)
def test_the_environment_decides_the_place(
    environ: dict[str, str], uri: str, artifacts: str | None
) -> None:
    store = LedgerAddress.at(Path("/here"), environ)
    assert store.uri == uri
    if artifacts:
        assert store.artifacts == Path(artifacts)


def test_a_path_with_odd_characters_survives_the_uri() -> None:
    store = LedgerAddress.at(Path("/a b%20?#é"), {})
    assert store.database == Path("/a b%20?#é/.winnow/mlflow.db")


def test_a_command_of_mlflow_finds_a_local_store() -> None:
    local = LedgerAddress.at(Path("/a b"), {})
    assert local.command("mlflow gc") == (
        "MLFLOW_TRACKING_URI='sqlite:////a b/.winnow/mlflow.db' mlflow gc"
    )
    server = LedgerAddress.at(Path("/a b"), {"MLFLOW_TRACKING_URI": "http://u:secret@host"})
    assert server.command("mlflow gc") == "mlflow gc"
