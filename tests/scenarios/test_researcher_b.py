"""Researcher B: a fresh clone takes what A pushed to S3 and computes nothing again."""

import re
from pathlib import Path

import pytest

from tests.support.project import Project
from tests.support.remotes import serving_s3

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
_STAGE = re.compile(r"Running stage '(\w+)'")


def test_a_clone_and_a_pull_are_all_that_another_researcher_needs(
    project: Project, tmp_path: Path
) -> None:
    hub = tmp_path / "hub.git"
    with serving_s3("winnow") as url:
        project.ok("dvc", "remote", "add", "--default", "store", "s3://winnow/project")
        project.ok("dvc", "remote", "modify", "store", "endpointurl", url)
        project.commit("a remote")
        project.ok("dvc", "push", "--run-cache")
        project.ok("git", "init", "--quiet", "--bare", str(hub))
        project.ok("git", "push", "--quiet", str(hub), "HEAD:refs/heads/main")
        other = Project(tmp_path / "elsewhere" / "b")
        project.ok("git", "clone", "--quiet", "--branch", "main", str(hub), str(other.root))
        assert not (other.root / ".winnow").exists()
        assert not (other.root / ".dvc" / "cache").exists()
        other.ok("dvc", "pull", "--run-cache")
        said = other.ok("dvc", "repro")
    assert _STAGE.findall(said) == ["record"]
    assert not (other.root / ".winnow" / "encoders").exists()
    assert other.ok("git", "status", "--porcelain") == ""
    assert (other.version, other.lock) == (project.version, project.lock)
    assert [each["version"] for each in other.records()] == [project.version]
    assert "five years" in other.ok("winnow", "ask", "How long is the warranty of the Fjell pump?")
