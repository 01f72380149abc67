"""What belongs to a Version is known from listings alone, here or at the remote."""

import shutil
import subprocess
from pathlib import Path

import pytest

from app.storage.remote import open_remote
from app.storage.version_objects import (
    folder_files,
    keep_version,
    tag_name,
    tagged_versions,
    version_objects,
)
from app.workspace.workspace import Workspace
from pipeline.errors import VersionError
from pipeline.files import directory_hash
from pipeline.files import folder_files as files_below
from pipeline.versions.store import object_path
from tests.support.project import Project
from tests.support.remotes import write_remotes
from tests.support.stored_versions import StoredVersions

CONTENT = {"a.txt": "one", "b/c.txt": "two"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A workspace whose cache is empty, and a remote that holds one folder."""
    project = Project(tmp_path / "here")
    project.root.mkdir()
    project.ok("dvc", "init", "--no-scm", "--quiet")
    project.ok("dvc", "remote", "add", "--default", "store", str(tmp_path / "remote"))
    for name, text in CONTENT.items():
        path = project.root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project.ok("dvc", "add", "--quiet", "data")
    project.ok("dvc", "push", "--quiet")
    shutil.rmtree(project.root / ".dvc" / "cache")
    return project


@pytest.mark.slow
def test_a_folder_comes_from_the_remote_once(project: Project, tmp_path: Path) -> None:
    workspace = Workspace(project.root)
    folder = directory_hash(files_below(project.root / "data"))
    files = folder_files(workspace, folder)
    assert {name: path.read_text() for name, path in files.items()} == CONTENT
    shutil.rmtree(tmp_path / "remote")
    assert folder_files(workspace, folder) == files


@pytest.mark.slow
def test_what_the_remote_lacks_is_said(project: Project) -> None:
    with pytest.raises(VersionError, match="nor in its remote; run `dvc push`"):
        folder_files(Workspace(project.root), "0123456789abcdef0123456789abcdef.dir")


@pytest.mark.slow
def test_without_a_remote_the_fault_names_the_way_to_one(project: Project) -> None:
    project.ok("dvc", "remote", "remove", "store")
    folder = directory_hash(files_below(project.root / "data"))
    with pytest.raises(VersionError, match="`dvc remote add -d NAME URL`") as caught:
        folder_files(Workspace(project.root), folder)
    assert "\n" not in str(caught.value)


@pytest.fixture
def stored(tmp_path: Path) -> StoredVersions:
    return StoredVersions(tmp_path / "here")


def test_all_that_a_version_needs_is_named(stored: StoredVersions) -> None:
    version, other = stored.version("one"), stored.version("two")
    stored.lock(version)
    found = version_objects(stored.workspace, version.id)
    assert (found.version, found.outputs, found.absent) == (version.id, version.outputs, ())
    assert "encoder/model.onnx" in found.files
    assert {version.id, *version.outputs.values(), *found.files.values()} <= found.digests
    assert {version.answers, version.scorecard} <= found.digests
    assert all(object_path(stored.workspace.cache, each).is_file() for each in found.digests)
    # Those measured on another Version are of no use to it.
    assert (
        not {version.answers, other.answers} & version_objects(stored.workspace, other.id).digests
    )


def test_outputs_that_are_gone_are_named(stored: StoredVersions) -> None:
    version = stored.version("one")
    stored.object(version.outputs["embed"]).unlink()
    found = version_objects(stored.workspace, version.id)
    assert found.absent == ("embed",)
    assert found.outputs == version.outputs
    assert version.outputs["embed"] not in found.digests


def test_what_the_cache_lacks_is_read_at_the_remote(stored: StoredVersions, tmp_path: Path) -> None:
    version = stored.version("one")
    before = version_objects(stored.workspace, version.id)
    write_remotes(stored.workspace, "store", {"store": {"url": str(tmp_path / "remote")}})
    with open_remote(stored.workspace) as remote:
        assert remote is not None
        remote.upload(before.digests)
        shutil.rmtree(stored.workspace.cache)
        assert version_objects(stored.workspace, version.id, remote) == before
        with pytest.raises(VersionError, match="nor in its remote; bring it with `dvc pull"):
            version_objects(stored.workspace, "0" * 32 + ".dir", remote)
    with pytest.raises(VersionError, match="is not in DVC's cache; bring it"):
        version_objects(stored.workspace, version.id)


@pytest.mark.parametrize("content", ["", "[]", '{"outputs": 1}', "{"])
def test_a_broken_manifest_is_said(stored: StoredVersions, content: str) -> None:
    version = stored.store({"manifest.json": content})
    with pytest.raises(VersionError, match=f"the manifest of {version} is missing or broken"):
        version_objects(stored.workspace, version)


@pytest.mark.parametrize("content", ["", "{}", '[{"md5": 1}]'])
def test_a_broken_listing_is_said(stored: StoredVersions, content: str) -> None:
    version = stored.version("one")
    path = stored.object(version.id)
    path.chmod(0o644)
    path.write_text(content)
    with pytest.raises(VersionError, match="broken"):
        version_objects(stored.workspace, version.id)


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
    objects = version_objects(stored.workspace, kept.id)
    tag = keep_version(stored.workspace, objects)
    assert tag == tag_name(kept.id)
    assert tagged_versions(stored.workspace) == {tag: kept.id}
    Project(stored.workspace.root).ok("dvc", "gc", option, "--force", "--quiet")
    assert all(stored.object(each).is_file() for each in objects.digests)
    assert not stored.object(lost.id).is_file()
    assert git(tmp_path / "here", "status", "--porcelain") == ""


def test_tagging_again_changes_nothing(tmp_path: Path) -> None:
    stored = repository(tmp_path / "here", "below/it")
    version = stored.version("one")
    objects = version_objects(stored.workspace, version.id)
    tag = keep_version(stored.workspace, objects)
    assert tag is not None
    before = git(stored.workspace.root, "rev-parse", tag)
    assert keep_version(stored.workspace, objects) == tag
    assert git(stored.workspace.root, "rev-parse", tag) == before
    named = git(stored.workspace.root, "show", "--name-only", "--format=%an", tag).split()
    assert named == ["winnow", "below/it/version.dvc"]
    assert tagged_versions(stored.workspace) == {tag: version.id}
    git(stored.workspace.root, "tag", "--delete", tag)
    assert tagged_versions(stored.workspace) == {}


def test_another_tag_under_that_prefix_is_no_version(tmp_path: Path) -> None:
    stored = repository(tmp_path / "here")
    git(stored.workspace.root, "tag", "winnow/mine")
    assert tagged_versions(stored.workspace) == {}


def test_outside_git_there_is_no_tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    stored = StoredVersions(tmp_path / "here")
    version = stored.version("one")
    assert keep_version(stored.workspace, version_objects(stored.workspace, version.id)) is None
    assert tagged_versions(Workspace(tmp_path / "here")) == {}
