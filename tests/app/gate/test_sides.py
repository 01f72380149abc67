from pathlib import Path

import pytest
import yaml

from app.gate.sides import choose_sides
from app.workspace.workspace import Workspace
from pipeline.errors import DataError, PrerequisiteError, VersionError
from tests.support.gates import ONE


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a Version in dvc.lock and nothing recorded."""
    (tmp_path / ".dvc").mkdir()
    out = {"path": "data/version", "md5": ONE}
    lock = {"stages": {"package": {"outs": [out]}}}
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump(lock), encoding="utf-8")
    declared = {"stages": {"package": {"outs": ["data/version"]}}}
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump(declared), encoding="utf-8")
    return Workspace(tmp_path)


@pytest.mark.parametrize("candidate", [None, "0123", ONE[:12].upper()])
def test_the_last_built_is_the_candidate_of_a_first_release(
    workspace: Workspace, candidate: str | None
) -> None:
    sides = choose_sides(workspace, candidate, None, first=True)
    assert (sides.candidate, sides.baseline, sides.against) == (ONE, None, None)


def test_without_a_champion_the_way_on_is_named(workspace: Workspace) -> None:
    with pytest.raises(PrerequisiteError, match="`winnow gate --first`"):
        choose_sides(workspace, None, None, first=False)


def test_a_version_is_compared_with_any_other_by_id(workspace: Workspace) -> None:
    other = "f" * 32 + ".dir"
    sides = choose_sides(workspace, None, other, first=False)
    assert (sides.candidate, sides.baseline, sides.against) == (ONE, other, other)
    assert sides.ledger is not None


def test_a_first_release_takes_no_baseline(workspace: Workspace) -> None:
    with pytest.raises(DataError, match="a first release has no baseline"):
        choose_sides(workspace, None, "champion", first=True)


def test_what_is_not_built_or_not_known_is_said(workspace: Workspace) -> None:
    with pytest.raises(VersionError, match="no Version begins with 'ffff'"):
        choose_sides(workspace, "ffff", None, first=True)
    (workspace.root / "dvc.lock").unlink()
    with pytest.raises(PrerequisiteError, match="no Version is built"):
        choose_sides(workspace, None, None, first=True)
