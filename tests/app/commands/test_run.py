"""`winnow run`: here, on another folder, one stage, and with everything that can be wrong."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from app.commands.run import check_keys
from app.workspace.creation import default_workspace
from app.workspace.settings import settled_params
from app.workspace.workspace import REPOSITORY, Workspace
from pipeline.errors import PrerequisiteError
from tests.support.project import Project, environment

PLACE = ("--workspace", "work space")


def fails(project: Project, *command: str, **environ: str) -> str:
    """Run a command that must fail with exactly one `error:` line; return that line."""
    done = project.run(*command, **environ)
    text = done.stdout + done.stderr
    assert done.returncode == 1, text
    assert "Traceback" not in text
    assert "ERROR" not in text
    [error] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    return error


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.mark.slow
@pytest.mark.thorough
def test_another_folder_is_read_scored_and_reported(elsewhere: Project) -> None:
    said = (elsewhere.root / "said.txt").read_text("utf-8")
    assert "5 documents read, 2 quarantined" in said
    assert "quarantined empty.txt: it is empty" in said
    assert "quarantined broken.pdf: " in said
    assert "2 cases" in said
    assert f"winnow ask --workspace '{elsewhere.root / 'work space'}' \"your question\"" in said
    report = json.loads((elsewhere.root / "work space" / "data" / "ingest.json").read_text("utf-8"))
    assert {file["path"] for file in report["files"] if file["reason"]} == {
        "empty.txt",
        "broken.pdf",
    }


@pytest.mark.slow
@pytest.mark.thorough
def test_a_second_run_runs_nothing_and_touches_neither_raw_nor_the_repository(
    home: Project,
) -> None:
    raw, repository = (
        home.root / "some papers",
        [REPOSITORY / "params.yaml", REPOSITORY / "dvc.yaml"],
    )
    before = snapshot(raw), [path.read_bytes() for path in repository]
    again = home.run("winnow", "run", "--raw", "some papers", *PLACE)
    assert again.returncode == 0, again.stderr
    assert again.stderr == ""
    assert "2 cases" in again.stdout
    assert (snapshot(raw), [path.read_bytes() for path in repository]) == before
    assert "size: 30" in (home.root / "work space" / "params.yaml").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.thorough
def test_scored_again_every_default_metric_has_the_same_scores(home: Project) -> None:
    workspace = Project(home.root / "work space")
    scored = workspace.lock["score"]
    assert "rouge_l" in (workspace.root / "data" / "metrics.json").read_text("utf-8")
    again = ("dvc", "repro", "--force", "--no-run-cache", "--single-item", "score")
    assert "Running stage 'score'" in workspace.ok(*again)
    assert workspace.lock["score"] == scored


@pytest.mark.slow
@pytest.mark.thorough
def test_a_new_document_is_seen(home: Project) -> None:
    (home.root / "some papers" / "new.txt").write_text("The new pump is blue.", encoding="utf-8")
    done = home.run("winnow", "run", *PLACE, "--only", "ingest")
    assert done.stderr.startswith("[1/8] ingest")
    assert "6 documents read, 2 quarantined" in done.stdout


@pytest.mark.slow
@pytest.mark.thorough
def test_every_command_takes_the_workspace(elsewhere: Project) -> None:
    named = {"WINNOW_WORKSPACE": str(elsewhere.root / "work space")}
    assert "five years" in elsewhere.ok("winnow", "ask", *PLACE, "How long is the warranty?")
    assert "five years" in elsewhere.ok("winnow", "ask", "How long is the warranty?", **named)
    assert "every quote found" in elsewhere.ok("winnow", "cases", "check", *PLACE)
    assert "PASS" in elsewhere.ok("winnow", "gate", "--first", *PLACE)
    [row] = json.loads(elsewhere.run("winnow", "versions", *PLACE, "--format", "json").stdout)
    assert row["settings"]["chunk.size"] == 30
    twice = (row["version"][:8], row["version"])
    error = fails(elsewhere, "winnow", "compare", *PLACE, *twice, "--case", "warranty")
    assert "one Version stands there twice" in error


@pytest.mark.slow
@pytest.mark.thorough
def test_without_cases_it_ends_with_a_version_that_answers(
    project: Project, elsewhere: Project
) -> None:
    """By default the workspace lies in the clone's `.winnow`, inside its git repository."""
    params, lock = (project.root / "params.yaml").read_bytes(), project.lock
    raw = elsewhere.root / "some papers"
    workspace = default_workspace(raw, Workspace(project.root))
    shutil.copytree(project.root / ".winnow" / "encoders", workspace / ".winnow" / "encoders")
    said = project.ok("winnow", "run", "--raw", os.path.relpath(raw, project.root))
    assert "[5/5] package" in said
    assert "context_recall" not in said
    assert "five years" in project.ok("winnow", "ask", "--workspace", str(workspace), "warranty?")
    assert "no Version is scored yet" in project.ok(
        "winnow", "versions", "--workspace", str(workspace)
    )
    assert "has no Cases" in fails(
        project, "winnow", "cases", "check", "--workspace", str(workspace)
    )
    assert (project.root / "params.yaml").read_bytes() == params
    assert project.lock == lock
    assert project.ok("git", "status", "--porcelain") == ""
    assert "up to date" in project.ok("dvc", "status")


@pytest.mark.slow
@pytest.mark.thorough
def test_a_workspace_may_lie_in_someones_git_repository(home: Project) -> None:
    home.ok("git", "init", "--quiet")
    assert home.run("winnow", "run", "--raw", "some papers", *PLACE).stderr == ""
    assert "2 cases" in home.ok("winnow", "run", *PLACE)


@pytest.mark.slow
@pytest.mark.thorough
def test_wrong_settings_are_named_before_anything_runs(project: Project) -> None:
    params = project.root / "params.yaml"
    before = params.read_bytes()
    error = fails(project, "winnow", "run", "--set", "chunk.siz=3")
    assert "'chunk.siz=3': no such key; did you mean chunk.size?" in error
    error = fails(project, "winnow", "run", "--experiment", "x", "--set", "retrieval.mode=magic")
    assert "`retrieval.mode` is 'magic'" in error
    assert params.read_bytes() == before
    params.write_text(params.read_text("utf-8").replace("  overlap:", "  overlpa:"), "utf-8")
    error = fails(project, "winnow", "run")
    assert "unknown key `chunk.overlpa` (did you mean `overlap`?)" in error
    params.write_bytes(before)
    assert project.run("winnow", "run").stderr == ""


@pytest.mark.slow
@pytest.mark.thorough
def test_what_does_not_go_together_is_said(project: Project) -> None:
    assert "--cases goes with --raw" in fails(project, "winnow", "run", "--cases", "x.jsonl")
    assert "--raw nowhere is no folder" in fails(project, "winnow", "run", "--raw", "nowhere")
    assert "no such stage; did you mean embed?" in fails(project, "winnow", "run", "--only", "embd")
    assert "--only does not go" in fails(
        project, "winnow", "run", "--only", "embed", "--experiment", "x"
    )
    assert "Invalid exp name" in fails(project, "winnow", "run", "--experiment", "a name/..")


@pytest.mark.slow
@pytest.mark.thorough
def test_missing_and_empty_raw_data(project: Project) -> None:
    raw = project.root / "data" / "raw"
    kept = shutil.move(raw, project.root.parent / "kept")
    assert f"{raw} does not exist; put documents there" in fails(project, "winnow", "run")
    raw.mkdir()
    assert f"{raw} is empty; put documents there" in fails(project, "winnow", "run")
    (raw / "empty.txt").touch()
    error = fails(project, "winnow", "run")
    assert "no document could be read below data/raw (empty.txt: it is empty)" in error
    shutil.rmtree(raw)
    shutil.move(kept, raw)
    version = project.version
    project.ok("winnow", "run")
    assert project.version == version


@pytest.mark.slow
@pytest.mark.thorough
def test_broken_files_are_named_and_a_rerun_repairs_them(project: Project) -> None:
    """From the last stage to the first: DVC removes what a stage wrote before it runs again."""
    version = project.version
    broken = {
        "answer": "version/manifest.json",
        "package": "index/vectors.faiss",
        "index": "embeddings/embeddings.npy",
        "embed": "chunks/chunks.parquet",
    }
    for stage, file in broken.items():
        os.truncate(project.root / "data" / file, 40)
        error = fails(project, "winnow", "run", "--only", stage)
        assert file.rpartition("/")[2] in error
        assert "dvc repro" in error
    project.ok("winnow", "run")
    assert project.version == version
    assert "up to date" in project.ok("dvc", "status")


@pytest.mark.slow
@pytest.mark.thorough
def test_a_damaged_object_of_dvcs_cache(project: Project) -> None:
    version = project.version
    listing = project.root / ".dvc/cache/files/md5" / version[:2] / version[2:]
    rows = json.loads(listing.read_text("utf-8"))
    [digest] = [row["md5"] for row in rows if row["relpath"] == "chunks.parquet"]
    damaged = project.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(b"junk")
    error = fails(project, "winnow", "ask", "How long is the warranty?")
    assert str(damaged) in error
    said = project.ok("winnow", "run")
    assert f"removed from DVC's cache, damaged: {damaged}" in said
    assert "five years" in project.ok("winnow", "ask", "How long is the warranty?")


@pytest.mark.slow
@pytest.mark.thorough
def test_progress_is_shown_in_a_terminal(project: Project) -> None:
    command = "stty cols 80 rows 24; winnow run --only chunk --set chunk.size=26"
    done = subprocess.run(
        ["script", "--quiet", "--return", "--command", command, "/dev/null"],
        cwd=project.root, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "[2/8] chunk" in done.stdout
    assert "chunk: 100%" in done.stdout


@pytest.mark.slow
@pytest.mark.thorough
def test_ctrl_c_ends_with_130_and_a_rerun_goes_on(project: Project) -> None:
    process = subprocess.Popen(
        ["winnow", "run", "--set", "chunk.size=27"],
        cwd=project.root, env=environment(), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    while "[2/8] chunk" not in process.stderr.readline():
        pass
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "error: " not in errors
    project.ok("winnow", "run", "--only", "chunk")


HERE = Workspace(REPOSITORY)
KEY = {"GROQ_API_KEY": "secret-of-mine"}


def check(
    *settings: str, only: str | None = None, workspace: Workspace = HERE, **environ: str
) -> None:
    check_keys(workspace, settled_params(HERE.params, settings), environ, only)


def test_without_a_language_model_no_key_is_needed() -> None:
    check()


@pytest.mark.parametrize(
    ("setting", "variable"),
    [
        ("generation.generator=groq", "GROQ_API_KEY"),
        ("generation.generator=openai", "OPENAI_API_KEY"),
        ("judge.provider=groq", "GROQ_API_KEY"),
        ("encoder.provider=openai", "OPENAI_API_KEY"),
    ],
)
def test_a_missing_key_is_named_with_the_setting_that_needs_it(setting: str, variable: str) -> None:
    with pytest.raises(PrerequisiteError, match=f"^{setting}: .*{variable}") as caught:
        check(setting)
    assert "\n" not in str(caught.value)
    check(setting, GROQ_API_KEY="k", OPENAI_API_KEY="k")


def test_a_server_of_ones_own_needs_no_key() -> None:
    check("generation.generator=openai", OPENAI_BASE_URL="http://127.0.0.1:11434/v1")


def test_only_stages_that_run_need_a_key() -> None:
    for stage in ("ingest", "chunk", "index", "package", "record"):
        check("generation.generator=groq", "judge.provider=groq", only=stage)
    with pytest.raises(PrerequisiteError, match=r"judge\.provider"):
        check("judge.provider=groq", only="score")
    check("judge.provider=groq", only="answer")


def test_without_cases_nothing_is_answered_or_judged(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text("stages: {ingest: {}, package: {}}", encoding="utf-8")
    check("generation.generator=groq", "judge.provider=groq", workspace=Workspace(tmp_path))


def test_a_key_is_never_said() -> None:
    with pytest.raises(PrerequisiteError) as caught:
        check("encoder.provider=openai", "generation.generator=groq", **KEY)
    assert "secret-of-mine" not in str(caught.value)
