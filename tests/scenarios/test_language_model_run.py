"""A whole `winnow run` whose answers and judgements come from a language model, with real SDKs."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from app.workspace.settings import change_settings
from tests.loopback.fixture import LoopbackServer, environment, serving
from tests.support.project import Project, copy_project
from tests.support.project import environment as commands

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
CALLS = 4
ON_GROQ = ("--set", "generation.generator=groq", "--set", "judge.provider=groq")
KINDS = ("429", "500", "502", "503", "stall", "cut", "half")


def variables(server: LoopbackServer) -> dict[str, str]:
    patience = {"WINNOW_MODEL_SECONDS": "0.5", "WINNOW_MODEL_CALLS": str(CALLS)}
    return {**environment(server), **patience}


def scorecard(project: Project) -> dict[str, Any]:
    path = project.root / "data" / "scorecard" / "scorecard.json"
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def made(project: Project) -> dict[str, str]:
    """Hashes of what answering and scoring wrote."""
    return {name: project.lock[name]["outs"][0]["md5"] for name in ("answer", "score")}


@pytest.fixture(scope="module")
def judged(built_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that was answered and judged without a fault; not to be changed."""
    project = copy_project(built_project, tmp_path_factory.mktemp("judged") / "project")
    with serving() as server:
        project.ok("winnow", "run", *ON_GROQ, **variables(server))
    return project


def test_a_fifth_of_calls_at_fault_changes_no_scorecard_and_no_key_is_left_behind(
    judged: Project, project: Project
) -> None:
    key = "gsk_a-very-secret-key-0123456789"
    with serving(faults=0.2, seed=11, fault_kinds=KINDS, key=key) as server:
        printed = project.ok("winnow", "run", *ON_GROQ, **variables(server))
        outcomes = server.counts()["outcomes"]
    assert set(KINDS) <= set(outcomes)
    assert made(project) == made(judged)
    metrics = scorecard(project)["metrics"]
    assert metrics["faithfulness"]["scored"]
    assert metrics["noise_sensitivity"]["scored"]
    assert {name for name, each in metrics.items() if each["failed"]} == set()
    spent = scorecard(project)["spending"]
    assert spent["answer"]["tokens"] > 0
    assert spent["judge"]["tokens"] > spent["answer"]["tokens"]
    assert "at most" in printed
    assert key not in printed
    for path in (each for each in project.root.rglob("*") if each.is_file()):
        assert key.encode() not in path.read_bytes(), path


def test_killed_and_run_again_it_repeats_no_call_whose_reply_was_stored(
    judged: Project, project: Project
) -> None:
    wanted = len(list((judged.root / ".winnow" / "replies").rglob("*.json")))
    with serving(delay=0.03) as server:
        environ = {**commands(), **variables(server)}
        run = subprocess.Popen(
            ["winnow", "run", *ON_GROQ],
            cwd=project.root,
            env=environ,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 120
        while server.counts()["replies"] < 0.6 * wanted and time.monotonic() < deadline:
            assert run.poll() is None
            time.sleep(0.01)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        time.sleep(0.2)
        stored = len(list((project.root / ".winnow" / "replies").rglob("*.json")))
        before = server.counts()["replies"]
        project.ok("winnow", "run", *ON_GROQ, **variables(server))
        counts = server.counts()
    assert 0 < stored < wanted
    assert before - stored <= CALLS
    assert counts["replies"] - before == wanted - stored
    assert sum(times - 1 for times in counts["answered"].values()) <= CALLS
    assert made(project) == made(judged)


def test_bad_answers_are_lower_scores_and_no_failures(judged: Project, project: Project) -> None:
    change_settings(project.root / "params.yaml", ON_GROQ[1::2])
    with serving(answers="bad") as server:
        project.ok("dvc", "repro", "score", **variables(server))
    good, bad = scorecard(judged)["metrics"], scorecard(project)["metrics"]
    for name in ("faithfulness", "factual_correctness", "citation_precision", "token_f1"):
        assert bad[name]["mean"] < good[name]["mean"], name
        assert not bad[name]["failed"]


def test_a_changed_mind_is_noise_of_the_judge(judged: Project, tmp_path: Path) -> None:
    project = copy_project(judged, tmp_path / "fickle")
    with serving(judge="fickle", fickleness=0.5) as server:
        project.ok("winnow", "score", "--repeats", "2", **variables(server))
    noise = json.loads((project.root / ".winnow" / "noise.json").read_text("utf-8"))
    judge = {each["metric"]: each["judge"]["value"] for each in noise["metrics"]}
    answer = {each["metric"]: each["answer"]["value"] for each in noise["metrics"]}
    assert max(judge.values()) > 0
    assert judge["token_f1"] == answer["token_f1"] == 0


def test_one_changed_document_has_only_what_it_touches_judged_again(
    judged: Project, tmp_path: Path
) -> None:
    project = copy_project(judged, tmp_path / "edited")
    path = project.root / "data" / "raw" / "notes.txt"
    path.write_text(path.read_text("utf-8").replace("blue light", "green light"), "utf-8")
    with serving() as server:
        printed = project.ok("winnow", "run", **variables(server))
        replies = server.counts()["replies"]
    wanted = len(list((judged.root / ".winnow" / "replies").rglob("*.json")))
    assert 0 < replies < wanted
    assert "Cases from stored replies" in printed
    assert "as before" in printed
