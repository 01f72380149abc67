import subprocess
from pathlib import Path

import pytest

from app.revision import locked_revision
from pipeline.errors import PrerequisiteError

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
    place = tmp_path / "here"
    place.mkdir()
    (place / "dvc.lock").write_text(LOCK, encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "built")
    (place / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n", encoding="utf-8")
    commit(tmp_path, "emptied")
    return place


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
