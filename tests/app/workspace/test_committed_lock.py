"""A dvc.lock that only another machine makes differ is told of, with a way back that works."""

import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from app.workspace.committed_lock import machine_difference
from app.workspace.reproduction import reproduce
from app.workspace.workspace import Workspace
from tests.support.project import environment

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")


def ok(root: Path, *command: str) -> str:
    done = subprocess.run(
        command, cwd=root, env=environment(), capture_output=True, text=True, check=True
    )
    return done.stdout


def on_machine(workspace: Workspace, name: str) -> None:
    """Have `embed` write what a machine of this type would, which no dep of it tells."""
    (workspace.root.parent / "machine").write_text(name, encoding="utf-8")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A repository that was run and committed on one machine, and stands on another now."""
    workspace = Workspace(tmp_path / "a clone")
    (workspace.root / "data" / "raw").mkdir(parents=True)
    (workspace.root / "data" / "raw" / "a").write_text("a", encoding="utf-8")
    stages = {
        "ingest": {"cmd": "cat data/raw/a > texts", "deps": ["data/raw"], "outs": ["texts"]},
        "embed": {"cmd": "cat texts ../machine > vectors", "deps": ["texts"], "outs": ["vectors"]},
        "measure": {
            "cmd": "cp vectors metrics.json",
            "deps": ["vectors"],
            "metrics": [{"metrics.json": {"cache": False}}],
        },
    }
    (workspace.root / "dvc.yaml").write_text(
        yaml.safe_dump({"stages": stages}, sort_keys=False), encoding="utf-8"
    )
    ok(workspace.root, "git", "init", "--quiet")
    ok(workspace.root, "dvc", "init", "--quiet")
    (workspace.root / ".gitignore").write_text("texts\nvectors\n", encoding="utf-8")
    on_machine(workspace, "first")
    reproduce(workspace)
    ok(workspace.root, "git", "add", "--all")
    ok(workspace.root, "git", "commit", "--quiet", "--message", "run")
    # A clean clone has no outs yet.
    (workspace.root / "vectors").unlink()
    ok(workspace.root, "rm", "-rf", ".dvc/cache")
    on_machine(workspace, "second")
    return workspace


def test_the_stage_is_named_and_the_way_back_leaves_all_in_order(workspace: Workspace) -> None:
    reproduce(workspace)
    said = machine_difference(workspace)
    assert said is not None
    assert "\n" not in said
    assert said.startswith("embed made other bytes than the committed ones")
    way_back = said.split("`")[1]
    assert way_back == "git restore dvc.lock metrics.json"
    ok(workspace.root, *shlex.split(way_back))
    assert ok(workspace.root, "git", "status", "--porcelain") == ""
    reproduce(workspace)
    assert (workspace.root / "metrics.json").read_text("utf-8") == "asecond"


def test_nothing_is_said_where_the_numbers_are_the_committed_ones(workspace: Workspace) -> None:
    on_machine(workspace, "first")
    reproduce(workspace)
    assert machine_difference(workspace) is None


def test_nothing_is_said_of_what_somebody_changed(workspace: Workspace) -> None:
    (workspace.root / "data" / "raw" / "a").write_text("b", encoding="utf-8")
    reproduce(workspace)
    assert machine_difference(workspace) is None


def test_nothing_is_said_where_nothing_is_committed(workspace: Workspace) -> None:
    reproduce(workspace)
    ok(workspace.root, "rm", "-rf", ".git")
    assert machine_difference(workspace) is None
