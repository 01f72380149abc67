"""The workflows at work: their scripts in a real clone, with a remote, a ledger and a forge."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.forge import REPOSITORY, TOKEN, Forge, serving_forge
from tests.support.project import ROOT, Project, copy_project
from tests.support.workflows import JobRun, Runner

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
PULL_REQUEST = "pull-request.yml"


@pytest.fixture(scope="module")
def origin(built_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A repository with workflows, its Version in a remote; what people push to and clone."""
    folder = tmp_path_factory.mktemp("origin")
    project = copy_project(built_project, folder / "handbook")
    project.ok("cp", "-r", str(ROOT / ".github"), ".")
    params = project.root / "params.yaml"
    params.write_text(
        params.read_text("utf-8").replace("  floors:", "  floors:\n    token_f1: 0.4"), "utf-8"
    )
    project.ok("git", "branch", "--move", "main")
    project.ok("dvc", "remote", "add", "--default", "store", str(folder / "store"))
    project.ok("dvc", "push", "--run-cache")
    project.commit("workflows")
    return project


@pytest.fixture(scope="module")
def worse(origin: Project) -> str:
    """A branch with a Version of smaller chunks, in the remote."""
    origin.ok("git", "checkout", "--quiet", "-b", "worse", "main")
    origin.ok("winnow", "run", "--set", "chunk.size=12")
    origin.ok("dvc", "push", "--run-cache")
    origin.commit("smaller chunks")
    return "worse"


@pytest.fixture
def forge() -> Iterator[Forge]:
    with serving_forge() as forge:
        yield forge


def clone(origin: Project, branch: str, root: Path) -> Project:
    """What actions/checkout leaves, and the caches that save time and change nothing."""
    origin.ok("git", "clone", "--quiet", "--branch", branch, str(origin.root), str(root))
    (root / ".winnow").mkdir()
    for name in ("encoders", "embeddings", "readings"):
        (root / ".winnow" / name).symlink_to(origin.root / ".winnow" / name)
    return Project(root)


def pull_request(origin: Project) -> dict[str, Any]:
    request = {
        "number": 7,
        "base": {"sha": origin.ok("git", "rev-parse", "main").strip()},
        "head": {"repo": {"full_name": REPOSITORY}},
        "user": {"login": "ada"},
    }
    event = {"pull_request": request}
    return {"github": {"repository": REPOSITORY, "token": TOKEN, "event": event}, "vars": {}}


def gated(origin: Project, branch: str, scratch: Path, forge: Forge) -> tuple[JobRun, Runner]:
    """Run the jobs of a pull request, the comment's too if there is something to say."""
    runner = Runner(scratch / branch, pull_request(origin), **forge.environ)
    done = runner.run(PULL_REQUEST, "gate", clone(origin, branch, scratch / f"{branch}-clone"))
    if done.outputs["reported"] == "true":
        runner.run(
            PULL_REQUEST,
            "comment",
            clone(origin, "main", scratch / f"{branch}-main"),
            needs={"gate": {"outputs": done.outputs}},
        )
    return done, runner


def test_worse_chunks_fail_and_the_pull_request_says_why(
    origin: Project, worse: str, tmp_path: Path, forge: Forge
) -> None:
    forge.comments += [{"id": n, "body": "Nice.", "user": {"type": "User"}} for n in (1, 2, 3)]
    done, runner = gated(origin, worse, tmp_path, forge)

    assert done.failed == "Judge"
    assert "[2/8] chunk" not in done.printed["Build and score what it lacks"]
    assert "FAIL" in done.printed["Judge"]
    assert "## Winnow gate: fail" in done.summary
    reports = tmp_path / worse / "artifacts" / "gate-report"
    names = {path.name for path in reports.iterdir()}
    assert names == {"verdict.json", "verdict.md", "verdict.xml", "verdict.html"}
    [comment] = [each["body"] for each in forge.comments if each["user"]["type"] == "Bot"]
    assert comment.endswith((reports / "verdict.md").read_text("utf-8"))
    assert "chunk.size 150 → 12" in comment

    (reports / "verdict.md").write_text("## Winnow gate: pass\n", encoding="utf-8")
    needs = {"gate": {"outputs": done.outputs}}
    runner.run(PULL_REQUEST, "comment", clone(origin, "main", tmp_path / "again"), needs=needs)
    [comment] = [each["body"] for each in forge.comments if each["user"]["type"] == "Bot"]
    assert comment.endswith("## Winnow gate: pass\n")


def test_what_changes_no_version_passes_at_once_and_without_a_comment(
    origin: Project, tmp_path: Path, forge: Forge
) -> None:
    origin.ok("git", "checkout", "--quiet", "-b", "wording", "main")
    (origin.root / "README.md").write_text("About pumps.\n", encoding="utf-8")
    origin.commit("wording")
    done, _ = gated(origin, "wording", tmp_path, forge)
    assert done.failed is None
    assert done.outputs == {"changed": "false", "reported": "true"}
    assert set(done.printed) == {"Does dvc.lock belong to these files?", "Does the Version change?"}
    assert "nothing to judge" in done.summary
    assert forge.comments == []


def test_a_dvc_lock_that_was_forgotten_is_named_before_anything_is_built(
    origin: Project, tmp_path: Path, forge: Forge
) -> None:
    origin.ok("git", "checkout", "--quiet", "-b", "forgotten", "main")
    params = origin.root / "params.yaml"
    params.write_text(params.read_text("utf-8").replace("top_k: 6", "top_k: 3"), "utf-8")
    origin.commit("fewer passages")
    done, _ = gated(origin, "forgotten", tmp_path, forge)
    assert done.failed == "Does dvc.lock belong to these files?"
    said = done.printed[done.failed]
    assert "params.yaml retrieval.top_k (modified)" in said
    assert "run `winnow run`, commit dvc.lock" in said
    assert list(done.printed) == [done.failed]


def test_without_a_remote_the_other_side_is_built_here(
    origin: Project, worse: str, tmp_path: Path
) -> None:
    project = clone(origin, worse, tmp_path / "alone")
    project.ok("git", "branch", "main", "origin/main")
    project.ok("dvc", "fetch", "--all-branches")
    project.ok("dvc", "remote", "remove", "store")
    base = project.ok("python", ".github/scripts/locked_version.py", "main").strip()
    (project.root / ".dvc" / "cache" / "files" / "md5" / base[:2] / base[2:]).unlink()
    done = project.run("bash", ".github/scripts/gate.sh", BASE="main")
    assert "is built here" in done.stderr
    assert done.returncode == 1, done.stderr
    verdict = json.loads((project.root / "gate-report" / "verdict.json").read_text("utf-8"))
    assert verdict["baseline"]["version"] == base
    assert project.ok("git", "worktree", "list").count("\n") == 1


def test_new_documents_become_a_pull_request_and_never_a_commit_on_main(
    origin: Project, tmp_path: Path, forge: Forge
) -> None:
    origin.ok("git", "checkout", "--quiet", "-b", "data/june", "main")
    winter = origin.root / "data" / "raw" / "winter.md"
    winter.write_text("# Winter\n\nKeep the pump above five degrees.\n", encoding="utf-8")
    origin.commit("winter")
    origin.ok("git", "checkout", "--quiet", "main")
    main = origin.ok("git", "rev-parse", "main")
    github = {"ref_name": "data/june", "run_id": 5, "token": TOKEN,
              "event": {"repository": {"default_branch": "main"}}}  # fmt: skip
    runner = Runner(tmp_path / "data", {"github": github, "vars": {}}, **forge.environ)
    built = runner.run("data.yml", "build", clone(origin, "data/june", tmp_path / "build"))
    assert built.failed is None, built.printed
    assert built.outputs["code"] in ("0", "3")
    needs = {"build": {"outputs": built.outputs}}
    checkout = clone(origin, "data/june", tmp_path / "propose")
    proposed = runner.run("data.yml", "propose", checkout, needs=needs)

    assert proposed.failed == (None if built.outputs["code"] == "0" else "Did the gate pass?")
    assert origin.ok("git", "rev-parse", "main") == main
    changed = origin.ok("git", "diff", "--name-only", "data/june~1", "data/june").split()
    assert changed == ["data/index.json", "data/ingest.json", "data/metrics.json", "dvc.lock"]
    lock = yaml.safe_load(origin.ok("git", "show", "data/june:dvc.lock"))
    [version] = [out["md5"] for out in lock["stages"]["package"]["outs"]]
    assert (tmp_path / "build" / "gate-report" / "verdict.md").is_file()
    [request] = forge.pulls
    assert (request["head"], request["base"]) == ("data/june", "main")
    assert f"Candidate `{version[:10]}`" in request["body"]
    # The pull request's own jobs find it in the remote.
    fetched = clone(origin, "data/june", tmp_path / "fetched")
    fetched.ok("dvc", "pull", "--quiet", "data/version")


def test_a_merge_that_changes_the_version_promotes_it_and_another_does_nothing(
    origin: Project, tmp_path: Path
) -> None:
    ledger = f"sqlite:///{tmp_path / 'ledger.db'}"
    runner = Runner(tmp_path / "runs", {"vars": {"MLFLOW_TRACKING_URI": ledger}})
    checkout = clone(origin, "main", tmp_path / "checkout")
    # The Version was there before, but nobody has promoted it yet.
    pushed = {"event": {"before": origin.ok("git", "rev-parse", "main").strip()}}
    done = runner.run("promote.yml", "promote", checkout, github=pushed, inputs={"first": True})
    assert done.failed is None, done.printed
    assert "PASS" in done.summary
    rows = json.loads(
        checkout.ok("winnow", "versions", "--format", "json", MLFLOW_TRACKING_URI=ledger)
    )
    assert [row["version"] for row in rows if row["champion"]] == [checkout.version]
    receipts = origin.root.parent / "store" / "winnow" / "receipts"
    assert len(list(receipts.glob("*.json"))) == 1

    done = runner.run("promote.yml", "promote", checkout, github=pushed)
    assert done.failed is None
    assert "was promoted before" in done.summary
    assert "Push and promote" not in done.printed
