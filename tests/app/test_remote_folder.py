import shutil
from pathlib import Path

import pytest

from app.remote_folder import folder_files
from app.workspace import Workspace
from pipeline.digest import directory_hash
from pipeline.digest import folder_files as files_below
from pipeline.errors import VersionError
from tests.project import Project

pytestmark = pytest.mark.slow
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


def test_a_folder_comes_from_the_remote_once(project: Project, tmp_path: Path) -> None:
    place = Workspace(project.root)
    folder = directory_hash(files_below(project.root / "data"))
    files = folder_files(place, folder)
    assert {name: path.read_text() for name, path in files.items()} == CONTENT
    shutil.rmtree(tmp_path / "remote")
    assert folder_files(place, folder) == files


def test_what_the_remote_lacks_is_said(project: Project) -> None:
    with pytest.raises(VersionError, match="nor in its remote; run `dvc push`"):
        folder_files(Workspace(project.root), "0123456789abcdef0123456789abcdef.dir")


def test_without_a_remote_the_fault_names_the_way_to_one(project: Project) -> None:
    project.ok("dvc", "remote", "remove", "store")
    folder = directory_hash(files_below(project.root / "data"))
    with pytest.raises(VersionError, match="`dvc remote add -d NAME URL`") as caught:
        folder_files(Workspace(project.root), folder)
    assert "\n" not in str(caught.value)
