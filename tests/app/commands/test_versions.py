"""`winnow versions`: a table for people, JSON for programs."""

import json
from pathlib import Path

import pytest

from app.commands.versions import version_rows
from pipeline.versions.store import VersionStore
from tests.app.commands.test_run import fails
from tests.fakes import MemoryLedger
from tests.support.project import Project
from tests.support.receipts import a_receipt, append
from tests.support.stored_versions import StoredVersions


@pytest.mark.slow
@pytest.mark.thorough
def test_a_table_fits_80_columns(built_project: Project) -> None:
    said = built_project.run("winnow", "versions", COLUMNS="80").stdout
    assert built_project.version[:10] in said
    assert "recall" in said
    assert all(len(line) <= 80 for line in said.splitlines())


@pytest.mark.slow
@pytest.mark.thorough
def test_json_holds_scores_settings_tags_and_seconds(built_project: Project) -> None:
    [row] = json.loads(built_project.run("winnow", "versions", "--format", "json").stdout)
    assert row["version"] == built_project.version
    assert row["champion"] is False
    assert row["metrics"]["context_recall"]["mean"] == 1.0
    assert row["settings"]["retrieval.mode"] == "hybrid"
    assert row["measurements"]["latency_ms.p50"] > 0
    assert "baseline" in row["tags"]


@pytest.mark.slow
@pytest.mark.thorough
def test_nothing_scored_yet_names_the_command(project: Project) -> None:
    (project.root / "dvc.lock").unlink()
    for path in (project.root / ".winnow").glob("mlflow.db*"):
        path.unlink()
    assert project.ok("winnow", "versions") == "no Version is scored yet: run `winnow run`\n"
    assert json.loads(project.run("winnow", "versions", "--format", "json").stdout) == []


@pytest.mark.slow
@pytest.mark.thorough
def test_a_ledger_that_is_away_is_one_line(built_project: Project) -> None:
    error = fails(built_project, "winnow", "versions", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert "http://127.0.0.1:9" in error


@pytest.fixture
def stored(tmp_path: Path) -> StoredVersions:
    return StoredVersions(tmp_path / "workspace")


def test_a_row_tells_what_a_version_is_and_was(stored: StoredVersions) -> None:
    cache = stored.workspace.cache
    first, second, tried = (stored.version(name) for name in ("first", "second", "tried"))
    ledger = MemoryLedger()
    for version in (first, second, tried):
        ledger.add(version.record)
    start = append(ledger, a_receipt(first.id))
    there = append(ledger, a_receipt(second.id, start))
    append(ledger, a_receipt(first.id, there, kind="rollback", grounds="rollback"))
    ledger.point("champion", first.id)
    ledger.point("challenger", tried.id)
    stored.object(second.id).unlink()
    next(iter(VersionStore(cache).files(tried.id).values())).unlink()
    rows = {row["version"]: row for row in version_rows(ledger.records(), ledger, cache)}
    names = ("champion", "aliases", "promoted", "at_hand")
    found = {version: [row[name] for name in names] for version, row in rows.items()}
    assert found == {
        first.id: [True, ["champion"], [1, 3], True],
        second.id: [False, [], [2], False],
        tried.id: [False, ["challenger"], [], False],
    }
    assert rows[first.id]["metrics"]["context_recall"]["mean"] == 0.75
    assert set(rows[first.id]["by_tag"]) == {"french", "exact"}
    assert rows[first.id]["tags"] == {}


def test_nothing_recorded_is_no_row(stored: StoredVersions) -> None:
    assert version_rows([], MemoryLedger(), stored.workspace.cache) == []
