"""The whole loop, with real DVC, git and MLflow, as a researcher runs it."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
import yaml

from tests.support.project import Project, copy_project, environment, make_project

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
STAGES = ("ingest", "chunk", "embed", "index", "package", "answer", "score", "record")


def ran(output: str) -> list[str]:
    """The stages that `dvc repro` ran, not those it skipped or restored."""
    return [stage for stage in STAGES if f"Running stage '{stage}'" in output]


@pytest.fixture(scope="module")
def narrowed(built_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project after another `top_k`, not committed; `said.txt` is what `dvc repro` said."""
    project = copy_project(built_project, tmp_path_factory.mktemp("narrowed") / "project")
    params = project.root / "params.yaml"
    params.write_text(params.read_text("utf-8").replace("top_k: 6", "top_k: 2"), encoding="utf-8")
    (project.root / "said.txt").write_text(project.ok("dvc", "repro"), encoding="utf-8")
    return project


def test_a_second_build_from_nothing_gives_the_same_version(
    project: Project, tmp_path: Path, default_encoders: Path
) -> None:
    again = make_project(tmp_path / "again", default_encoders)
    shutil.rmtree(again.root / "data" / "raw")
    shutil.copytree(project.root / "data" / "raw", again.root / "data" / "raw")
    again.ok("dvc", "repro")
    assert again.version == project.version
    assert again.lock == project.lock
    assert "up to date" in again.ok("dvc", "status")


def test_what_was_built_is_up_to_date_and_recorded(project: Project) -> None:
    assert "up to date" in project.ok("dvc", "status")
    [record] = project.records()
    assert record["version"] == project.version
    assert record["metrics"]["context_recall"]["scored"] == 4
    assert record["tags"]["dirty"] == "false"
    assert record["measurements"]["latency_ms.p50"] > 0


def test_no_out_of_dvc_holds_a_path_or_a_time(project: Project) -> None:
    for name in ("data/version/manifest.json", "data/answers/meta.json", "data/metrics.json"):
        text = (project.root / name).read_text("utf-8")
        assert str(project.root) not in text
        assert "seconds" not in text


def test_changing_top_k_runs_only_what_answers_and_builds_no_index_again(
    narrowed: Project,
) -> None:
    said = (narrowed.root / "said.txt").read_text("utf-8")
    assert ran(said) == ["package", "answer", "score", "record"]
    assert len(narrowed.records()) == 2
    before, after = yaml.safe_load(narrowed.ok("git", "show", "HEAD:dvc.lock")), narrowed.lock
    for stage in ("ingest", "chunk", "embed", "index"):
        assert after[stage] == before["stages"][stage]
    assert after["package"] != before["stages"]["package"]


def test_another_chunk_size_is_never_answered_from_the_run_cache(project: Project) -> None:
    chunks = project.root / "data" / "chunks" / "chunks.parquet"
    default = yaml.safe_load((project.root / "params.yaml").read_text("utf-8"))["chunk"]["size"]
    seen: dict[int, bytes] = {default: chunks.read_bytes()}
    for size in (40, 30, 40, default, 30):
        project.ok("winnow", "run", "--only", "chunk", "--set", f"chunk.size={size}")
        assert chunks.read_bytes() == seen.setdefault(size, chunks.read_bytes())
    assert len(set(seen.values())) == 3


def test_metrics_and_plots_are_dvcs(narrowed: Project) -> None:
    assert "context_recall" in narrowed.ok("dvc", "metrics", "diff", "--all")
    narrowed.ok("dvc", "plots", "show", "--out", "shown")
    page = (narrowed.root / "shown" / "index.html").read_text("utf-8")
    assert "recall_by_budget" in page
    assert "recall_by_tag" in page


def test_what_dvc_restores_from_its_cache_is_recorded_too(project: Project) -> None:
    project.ok("dvc", "push", "--run-cache", "--remote", _remote(project))
    clone = Project(project.root.parent / "clone")
    project.ok("git", "clone", "--quiet", str(project.root), str(clone.root))
    clone.ok("dvc", "pull", "--run-cache", "--remote", "local")
    assert (clone.root / "data" / "version" / "manifest.json").is_file()
    [record] = clone.records()
    assert record["version"] == project.version


def test_raw_data_under_dvc_gives_the_same_version(project: Project) -> None:
    project.ok("git", "rm", "--quiet", "-r", "--cached", "data/raw")
    project.ok("dvc", "add", "data/raw")
    remote = _remote(project)
    project.ok("dvc", "push", "--remote", remote, "data/raw.dvc")
    clone = Project(project.root.parent / "clone")
    project.ok("git", "clone", "--quiet", str(project.root), str(clone.root))
    assert not (clone.root / "data" / "raw").exists()
    failed = clone.run("winnow", "run")
    assert failed.returncode == 1
    assert "dvc pull" in failed.stderr
    clone.ok("dvc", "pull", "data/raw.dvc")
    shutil.copytree(project.root / ".winnow" / "encoders", clone.root / ".winnow" / "encoders")
    (clone.root / "dvc.lock").unlink()
    clone.ok("dvc", "repro", "package")
    assert clone.version == project.version


def test_killed_in_every_stage_then_repeated_gives_the_same_version(project: Project) -> None:
    wanted = project.version
    (project.root / "dvc.lock").unlink()
    shutil.rmtree(project.root / ".dvc" / "cache" / "runs")
    for name in ("documents", "chunks", "embeddings", "index", "version", "answers", "scorecard"):
        shutil.rmtree(project.root / "data" / name)
    for stage in STAGES:
        _kill_in(stage, project)
    project.ok("dvc", "repro")
    assert project.version == wanted
    assert "up to date" in project.ok("dvc", "status")
    assert [record["version"] for record in project.records()] == [wanted]


def _kill_in(stage: str, project: Project) -> None:
    """Start `dvc repro` and kill it with the stage's own process while that works."""
    process = subprocess.Popen(
        ["dvc", "repro"],
        cwd=project.root,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not _runs(stage, process.pid):
        assert process.poll() is None, f"{stage} never ran"
        time.sleep(0.01)
    time.sleep(0.1)
    assert _runs(stage, process.pid), f"{stage} ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _runs(stage: str, parent: int) -> bool:
    """Whether a child of a process is at work on a stage."""
    try:
        children = psutil.Process(parent).children(recursive=True)
        return any(f".stages.{stage}" in " ".join(child.cmdline()) for child in children)
    except psutil.Error:
        return False


def test_a_lock_that_a_kill_cut_short_is_mended(project: Project) -> None:
    wanted, lock = project.version, project.root / "dvc.lock"
    lock.write_bytes(lock.read_bytes()[:18])
    assert "dvc.lock.broken" in project.ok("winnow", "run")
    assert project.version == wanted


def _remote(project: Project) -> str:
    folder: Path = project.root.parent / "remote"
    folder.mkdir(exist_ok=True)
    project.ok("dvc", "remote", "add", "--default", "local", str(folder))
    project.commit("a remote")
    return "local"
