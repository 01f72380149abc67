"""Opening a Library records what DVC restored, once."""

import json
from pathlib import Path

import pytest

from app.catalogue import open_library
from app.workspace import Workspace
from pipeline.errors import CaseError
from tests.mlflow_project import all_runs
from tests.project import Project


@pytest.fixture(autouse=True)
def _default_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_what_is_built_but_not_recorded_is_recorded_once(project: Project) -> None:
    for path in (project.root / ".winnow").glob("mlflow.db*"):
        path.unlink()
    for _ in range(2):
        library = open_library(Workspace(project.root))
        [record] = library.records()
        assert record.scorecard.version == project.version
    assert len(all_runs(project.root)) == 1
    assert library.record(project.version) is not None
    assert len(library.cases) == 5
    answer = library.answerer(project.version).answer("What does E-4471 mean?")
    assert "return line" in answer.text


def test_a_workspace_where_nothing_was_built_has_an_empty_library(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text("stages: {}", encoding="utf-8")
    library = open_library(Workspace(tmp_path))
    assert library.records() == []
    assert library.champion() is None
    assert library.cases == ()


def test_broken_cases_are_named(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text("vars: [{cases: c.jsonl}]\nstages: {}", encoding="utf-8")
    (tmp_path / "c.jsonl").write_text(json.dumps({"id": "a"}), encoding="utf-8")
    with pytest.raises(CaseError, match=r"c.jsonl:1: `question`"):
        open_library(Workspace(tmp_path))
