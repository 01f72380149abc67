"""`winnow gc`: says what would go, asks, spares what is needed; what went is built again."""

import json

import pytest

from app.workspace import Workspace
from pipeline.version_store import VersionStore
from tests.app.commands.test_run import fails
from tests.project import Project

pytestmark = pytest.mark.slow
ONE = "generation.sentences=1"


@pytest.mark.thorough
def test_what_was_tried_goes_only_when_it_is_asked_for(project: Project) -> None:
    built = project.version
    project.ok("winnow", "run", "--experiment", "one", "--set", ONE)
    [tried] = {row["version"] for row in project.records()} - {built}
    store = VersionStore(Workspace(project.root).cache)
    assert project.ok("winnow", "gc", "--experiments") == "DVC's cache: nothing to remove\n"
    said = project.ok("winnow", "gc", "--dry-run")
    assert f"no longer at hand: {tried[:10]} (one); their scores stay in the ledger" in said
    assert "1 Version, 1 set of answers, 1 Scorecard\n" in said
    assert "--yes" in fails(project, "winnow", "gc")
    assert store.files(tried)
    assert "removed " in project.ok("winnow", "gc", "--yes")
    assert not store.holds(tried)
    at_hand = {row["version"]: row["at_hand"] for row in project.records()}
    assert at_hand == {built: True, tried: False}
    # The encoder and all else that it shared is there; the rest runs again and is the same.
    assert project.ok("dvc", "status", "--quiet") == ""
    again = project.ok("winnow", "run", "--set", ONE)
    assert "[6/8] package" not in again or "package" in again
    assert project.version == tried
    assert store.files(tried)


def test_a_ledger_that_is_away_or_empty_removes_nothing(project: Project) -> None:
    away = fails(project, "winnow", "gc", "--yes", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert "http://127.0.0.1:9" in away
    for path in (project.root / ".winnow").glob("mlflow.db*"):
        path.unlink()
    assert "MLFLOW_TRACKING_URI" in fails(project, "winnow", "gc", "--yes")
    assert VersionStore(Workspace(project.root).cache).files(project.version)


def test_a_cache_that_others_may_use_is_left_alone(project: Project) -> None:
    project.ok("dvc", "cache", "dir", "--local", str(project.root.parent / "shared"))
    assert "--shared" in fails(project, "winnow", "gc", "--yes")
    assert "--cloud" in fails(project, "winnow", "gc", "--cloud", "--shared")


def test_versions_say_what_is_at_hand(project: Project) -> None:
    [row] = json.loads(project.run("winnow", "versions", "--format", "json").stdout)
    assert (row["aliases"], row["promoted"], row["at_hand"]) == ([], [], True)
