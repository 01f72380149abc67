from pathlib import Path

import pytest

from eval.ledger_store import LedgerStore


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
    store = LedgerStore.at(Path("/here"), environ)
    assert store.uri == uri
    if artifacts:
        assert store.artifacts == Path(artifacts)


def test_a_path_with_odd_characters_survives_the_uri() -> None:
    store = LedgerStore.at(Path("/a b%20?#é"), {})
    assert store.database == Path("/a b%20?#é/.winnow/mlflow.db")


def test_a_command_of_mlflow_finds_a_local_store() -> None:
    local = LedgerStore.at(Path("/a b"), {})
    assert local.command("mlflow gc") == (
        "MLFLOW_TRACKING_URI='sqlite:////a b/.winnow/mlflow.db' mlflow gc"
    )
    server = LedgerStore.at(Path("/a b"), {"MLFLOW_TRACKING_URI": "http://u:secret@host"})
    assert server.command("mlflow gc") == "mlflow gc"
