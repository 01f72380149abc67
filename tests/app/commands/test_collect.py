"""`winnow gc`: says what would go, asks, spares what is needed; what went is built again."""

import json
from dataclasses import replace

import pytest

from app.commands.collect import garbage_lines, size_text, version_lines
from app.storage.garbage import Garbage
from app.workspace.workspace import Workspace
from eval.ledger.ledger import Record
from pipeline.versions.store import VersionStore
from tests.app.commands.test_run import fails
from tests.support.gates import ONE, TWO, make_scorecard
from tests.support.project import Project

SHORT = "generation.sentences=1"


@pytest.mark.slow
@pytest.mark.thorough
def test_what_was_tried_goes_only_when_it_is_asked_for(project: Project) -> None:
    built = project.version
    project.ok("winnow", "run", "--experiment", "one", "--set", SHORT)
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
    project.ok("winnow", "run", "--set", SHORT)
    assert project.version == tried
    assert store.files(tried)


@pytest.mark.slow
@pytest.mark.thorough
def test_a_ledger_that_is_away_or_empty_removes_nothing(project: Project) -> None:
    away = fails(project, "winnow", "gc", "--yes", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert "http://127.0.0.1:9" in away
    for path in (project.root / ".winnow").glob("mlflow.db*"):
        path.unlink()
    assert "MLFLOW_TRACKING_URI" in fails(project, "winnow", "gc", "--yes")
    assert VersionStore(Workspace(project.root).cache).files(project.version)


@pytest.mark.slow
@pytest.mark.thorough
def test_a_cache_that_others_may_use_is_left_alone(project: Project) -> None:
    project.ok("dvc", "cache", "dir", "--local", str(project.root.parent / "shared"))
    assert "--shared" in fails(project, "winnow", "gc", "--yes")
    assert "--cloud" in fails(project, "winnow", "gc", "--cloud", "--shared")


@pytest.mark.slow
@pytest.mark.thorough
def test_versions_say_what_is_at_hand(project: Project) -> None:
    [row] = json.loads(project.run("winnow", "versions", "--format", "json").stdout)
    assert (row["aliases"], row["promoted"], row["at_hand"]) == ([], [], True)


def record(version: str, experiment: str = "") -> Record:
    tags = {"experiment": experiment} if experiment else {}
    return Record(version, make_scorecard(version), 1.0, {}, tags)


def test_what_goes_is_counted_by_what_it_was() -> None:
    garbage = Garbage({"a.dir": "Version", "b.dir": "answers", "c.dir": "answers"}, frozenset("ab"))
    [line] = garbage_lines(garbage, {"a": 1_200_000, "b": 34_567}, "DVC's cache")
    assert line == "DVC's cache: 2 objects to remove, 1.2 MB: 1 Version, 2 sets of answers"
    assert garbage_lines(Garbage(), {}, "s3://here") == ["s3://here: nothing to remove"]


def test_versions_of_the_ledger_are_named_newest_first() -> None:
    records = [record(ONE, "wide"), replace(record(TWO), recorded=2.0)]
    [line] = version_lines({ONE, TWO, "f" * 32 + ".dir"}, records)
    assert line.startswith(f"no longer at hand: {TWO[:10]}, {ONE[:10]} (wide); their scores stay")
    assert version_lines({"f" * 32 + ".dir"}, records) == []


def test_many_versions_are_counted() -> None:
    records = [record(f"{number:032x}.dir") for number in range(11)]
    [line] = version_lines({each.scorecard.version for each in records}, records)
    assert " and 3 more; " in line


def test_a_size_stands_in_the_unit_that_a_person_would_use() -> None:
    sizes = [size_text(count) for count in (0, 999, 1000, 118_300_000, 5 * 10**15)]
    assert sizes == ["0 bytes", "999 bytes", "1.0 KB", "118.3 MB", "5000.0 TB"]
