"""`winnow versions`: a table for people, JSON for programs."""

import json

import pytest

from tests.app.commands.test_run import fails
from tests.project import Project

pytestmark = pytest.mark.slow


def test_a_table_fits_80_columns(built_project: Project) -> None:
    said = built_project.run("winnow", "versions", COLUMNS="80").stdout
    assert built_project.version[:10] in said
    assert "recall" in said
    assert all(len(line) <= 80 for line in said.splitlines())


def test_json_holds_scores_settings_tags_and_seconds(built_project: Project) -> None:
    [row] = json.loads(built_project.run("winnow", "versions", "--format", "json").stdout)
    assert row["version"] == built_project.version
    assert row["champion"] is False
    assert row["metrics"]["context_recall"]["mean"] == 1.0
    assert row["settings"]["retrieval.mode"] == "hybrid"
    assert row["measurements"]["latency_ms.p50"] > 0
    assert "baseline" in row["tags"]


def test_nothing_scored_yet_names_the_command(project: Project) -> None:
    (project.root / "dvc.lock").unlink()
    for path in (project.root / ".winnow").glob("mlflow.db*"):
        path.unlink()
    assert project.ok("winnow", "versions") == "no Version is scored yet: run `winnow run`\n"
    assert json.loads(project.run("winnow", "versions", "--format", "json").stdout) == []


def test_a_ledger_that_is_away_is_one_line(built_project: Project) -> None:
    error = fails(built_project, "winnow", "versions", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert "http://127.0.0.1:9" in error
