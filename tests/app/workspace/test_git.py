import os
import subprocess
from pathlib import Path

import pytest

from app.workspace.git import git_setting, locked_revision, stand_in_identity
from pipeline.errors import PrerequisiteError


@pytest.fixture
def nobody(tmp_path: Path) -> dict[str, str]:
    """An environment in which git knows no user."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    empty = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True, env=kept)
    return {**kept, **empty, "HOME": str(tmp_path)}


def test_a_machine_without_a_git_user_gets_a_stand_in(
    tmp_path: Path, nobody: dict[str, str]
) -> None:
    found = stand_in_identity(tmp_path, nobody)
    assert set(found) == {
        f"GIT_{role}_{key}" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")
    }


def test_a_configured_user_stays(tmp_path: Path, nobody: dict[str, str]) -> None:
    for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org")):
        subprocess.run(["git", "config", key, value], cwd=tmp_path, check=True, env=nobody)
    assert stand_in_identity(tmp_path, nobody) == {}


def test_variables_that_name_somebody_stay(tmp_path: Path, nobody: dict[str, str]) -> None:
    found = stand_in_identity(tmp_path, {**nobody, "GIT_AUTHOR_NAME": "Ada"})
    assert "GIT_AUTHOR_NAME" not in found
    assert "GIT_COMMITTER_NAME" in found


def test_a_repositorys_own_setting_is_read(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "config", "user.name", "Ada"], cwd=tmp_path, check=True)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    assert git_setting(tmp_path, "user.name", environ) == "Ada"
    assert git_setting(tmp_path, "user.unheard", environ) == ""


def test_without_git_nothing_is_set(tmp_path: Path) -> None:
    assert git_setting(tmp_path, "user.name", {"PATH": str(tmp_path)}) == ""


LOCK = """schema: '2.0'
stages:
  package:
    cmd: python -m pipeline.stages.package
    outs:
    - path: data/version
      md5: 0123456789abcdef0123456789abcdef.dir
  score:
    cmd: python -m eval.stages.score
    outs:
    - path: data/metrics.json
      md5: 00000000000000000000000000000000
    - path: data/scorecard
      md5: fedcba9876543210fedcba9876543210.dir
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a workspace in a folder of it, built in the first of two commits."""
    workspace = tmp_path / "here"
    workspace.mkdir()
    (workspace / "dvc.lock").write_text(LOCK, encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "built")
    (workspace / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n", encoding="utf-8")
    commit(tmp_path, "emptied")
    return workspace


def commit(root: Path, message: str) -> None:
    git(root, "add", "--all")
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    git(root, *who, "commit", "--quiet", "--message", message)


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


def test_it_names_what_the_lock_of_a_revision_named(root: Path) -> None:
    revision = locked_revision(root, "HEAD~1")
    assert revision.version == "0123456789abcdef0123456789abcdef.dir"
    assert revision.scorecard == "fedcba9876543210fedcba9876543210.dir"
    assert revision.answers is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("HEAD", "names no Version"),
        ("nowhere", "git shows no dvc.lock in the revision 'nowhere'"),
        ("--output=x", "git shows no dvc.lock"),
        ("", "names no revision"),
    ],
)
def test_what_names_no_version_is_said(root: Path, name: str, said: str) -> None:
    with pytest.raises(PrerequisiteError, match=said) as caught:
        locked_revision(root, name)
    assert "\n" not in str(caught.value)
    assert not (root / "x").exists()


def test_a_lock_that_is_broken_is_said(root: Path) -> None:
    (root / "dvc.lock").write_text("stages: [", encoding="utf-8")
    commit(root.parent, "broken")
    with pytest.raises(PrerequisiteError, match="cannot be read; name another revision"):
        locked_revision(root, "HEAD")
