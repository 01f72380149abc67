"""Experiments beside the project's own files, with real DVC, git and MLflow."""

import os
import time
from pathlib import Path

import pytest

from tests.support.project import Project, copy_project

pytestmark = [pytest.mark.slow, pytest.mark.thorough]


def test_an_experiment_aside_is_recorded_and_opens_without_a_checkout(
    built_project: Project, tried_project: Project, tmp_path: Path
) -> None:
    project, built = copy_project(tried_project, tmp_path / "project"), built_project.version
    before = (built_project.root / "params.yaml").read_text("utf-8")
    assert (project.root / "params.yaml").read_text("utf-8") == before
    assert project.version == built
    [tiny] = [each for each in project.records() if each["tags"].get("experiment") == "tiny"]
    head = project.ok("git", "rev-parse", "HEAD").strip()
    assert tiny["tags"]["baseline"] == head
    answer = project.ok("winnow", "ask", "--version", tiny["version"][:8], "What does E-4471 mean?")
    assert "return line" in answer
    side_by_side = project.ok(
        "winnow", "compare", tiny["version"][:8], built[:8], "--case", "filter"
    )
    assert "three months" in side_by_side


def test_a_queued_experiment_runs_the_code_it_was_queued_with(project: Project) -> None:
    project.ok("dvc", "exp", "run", "--queue", "--name", "queued", "--set-param", "chunk.size=25")
    source = project.root / "pipeline" / "chunker.py"
    source.write_text(
        source.read_text("utf-8") + "\nraise SystemExit('edited code ran')\n", "utf-8"
    )
    project.ok("dvc", "queue", "start")
    status = _status_at_the_end(project)
    assert "Success" in status, project.run("dvc", "queue", "logs", "queued").stdout
    project.ok("git", "checkout", "--quiet", "pipeline")
    [queued] = [each for each in project.records() if each["tags"].get("experiment") == "queued"]
    assert queued["settings"]["chunk.size"] == 25
    assert "months" in project.ok(
        "winnow", "ask", "--version", queued["version"], "How often is the filter cleaned?"
    )


def _status_at_the_end(project: Project) -> str:
    """Wait for the experiment's reference, which git tells at once, then for DVC to say so."""
    deadline = time.monotonic() + 120
    while "/queued" not in project.ok("git", "for-each-ref", "refs/exps"):
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)
    for _ in range(10):
        if "Success" in (status := project.ok("dvc", "queue", "status")) or "Failed" in status:
            break
        time.sleep(0.5)
    return status


def test_an_experiment_needs_no_git_user(project: Project) -> None:
    params = project.root / "params.yaml"
    params.write_text(params.read_text("utf-8") + "# uncommitted\n", encoding="utf-8")
    nobody = {
        f"GIT_{role}_{key}": "" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")
    }
    empty = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    project.ok("winnow", "run", "--experiment", "nobody", "--set", "score.k=4", **nobody, **empty)
    assert "# uncommitted" in params.read_text("utf-8")
