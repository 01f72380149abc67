"""A tag of git keeps a Version that no branch names, and changes nothing else."""

import subprocess
from pathlib import Path

import pytest

from app.version_objects import version_objects
from app.version_tag import drop_tag, keep_version, tag_name, tagged_versions
from app.workspace import Workspace
from tests.project import Project
from tests.stored_version import StoredVersions


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@b.org", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def repository(root: Path, folder: str = ".") -> StoredVersions:
    """Lay a workspace out in a repository, at its top or below."""
    root.mkdir()
    git(root, "init", "--quiet")
    stored = StoredVersions(root / folder, git=folder == ".")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "start")
    return stored


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--all-tags", "--all-commits"])
def test_dvc_spares_what_is_tagged(tmp_path: Path, option: str) -> None:
    stored = repository(tmp_path / "here")
    kept, lost = stored.version("kept"), stored.version("lost")
    objects = version_objects(stored.place, kept.id)
    tag = keep_version(stored.place, objects)
    assert tag == tag_name(kept.id)
    assert tagged_versions(stored.place) == {tag: kept.id}
    Project(stored.place.root).ok("dvc", "gc", option, "--force", "--quiet")
    assert all(stored.object(each).is_file() for each in objects.digests)
    assert not stored.object(lost.id).is_file()
    assert git(tmp_path / "here", "status", "--porcelain") == ""


def test_tagging_again_changes_nothing(tmp_path: Path) -> None:
    stored = repository(tmp_path / "here", "below/it")
    version = stored.version("one")
    objects = version_objects(stored.place, version.id)
    tag = keep_version(stored.place, objects)
    assert tag is not None
    before = git(stored.place.root, "rev-parse", tag)
    assert keep_version(stored.place, objects) == tag
    assert git(stored.place.root, "rev-parse", tag) == before
    named = git(stored.place.root, "show", "--name-only", "--format=%an", tag).split()
    assert named == ["winnow", "below/it/version.dvc"]
    assert tagged_versions(stored.place) == {tag: version.id}
    drop_tag(stored.place, tag)
    assert tagged_versions(stored.place) == {}


def test_another_tag_under_that_prefix_is_no_version(tmp_path: Path) -> None:
    stored = repository(tmp_path / "here")
    git(stored.place.root, "tag", "winnow/mine")
    assert tagged_versions(stored.place) == {}


def test_outside_git_there_is_no_tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    stored = StoredVersions(tmp_path / "here")
    version = stored.version("one")
    assert keep_version(stored.place, version_objects(stored.place, version.id)) is None
    assert tagged_versions(Workspace(tmp_path / "here")) == {}
