"""The workflows as files: pinned, with few rights, no value of a stranger in a script."""

import re
import subprocess
from typing import Any

import pytest

from tests.support.project import BIN, ROOT
from tests.support.workflows import FOLDER, evaluate, read_workflow

NAMES = sorted(path.name for path in FOLDER.glob("*.yml"))
SCRIPTS = sorted((ROOT / ".github" / "scripts").glob("*"))
_PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def jobs() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{name}: {job}", content)
        for name in NAMES
        for job, content in read_workflow(name)["jobs"].items()
    ]


def test_every_action_is_pinned_and_each_to_one_commit() -> None:
    lines = [
        line.strip().removeprefix("- ")
        for name in NAMES
        for line in (FOLDER / name).read_text("utf-8").splitlines()
        if "uses:" in line
    ]
    assert lines
    assert [line for line in lines if not _PINNED.match(line)] == []
    assert len(set(lines)) == len({line.partition("@")[0] for line in lines})


@pytest.mark.parametrize("name", NAMES)
def test_rights_are_given_to_jobs_alone_and_one_run_at_a_time(name: str) -> None:
    workflow = read_workflow(name)
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    # YAML reads the key `on` as true.
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(workflow[True])


def test_promotions_wait_for_one_another() -> None:
    assert read_workflow("promote.yml")["concurrency"] == {
        "group": "promotion",
        "cancel-in-progress": False,
    }


@pytest.mark.parametrize(("name", "job"), jobs())
def test_each_job_ends_and_keeps_the_token_to_itself(name: str, job: dict[str, Any]) -> None:
    assert job["timeout-minutes"] <= 120
    assert "write-all" not in str(job["permissions"])
    writes = {key for key, right in job["permissions"].items() if right == "write"}
    for step in job["steps"]:
        assert "${{" not in step.get("run", ""), "a value goes through env, never into a script"
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
    # What may write runs nothing that was built or installed from the branch.
    if writes - {"id-token"}:
        assert "make setup" not in str(job["steps"]), name


def test_whoever_opens_a_pull_request_from_a_fork_gets_no_ledger_and_no_comment() -> None:
    workflow = read_workflow("pull-request.yml")
    for repository, author, trusted in (
        ("ada/handbook", "ada", True),
        ("eve/handbook", "eve", False),
        ("ada/handbook", "dependabot[bot]", False),
    ):
        request = {"head": {"repo": {"full_name": repository}}, "user": {"login": author}}
        contexts = {
            "github": {"repository": "ada/handbook", "event": {"pull_request": request}},
            "needs": {"gate": {"outputs": {"reported": "true"}}},
            "vars": {"MLFLOW_TRACKING_URI": "https://ledger.example"},
            "status": {"always": True},
        }
        said = evaluate(workflow["env"]["TRUSTED"], contexts)
        assert said is trusted
        contexts["env"] = {"TRUSTED": str(said).lower()}
        [judge] = [step for step in workflow["jobs"]["gate"]["steps"] if step.get("id") == "gate"]
        ledger = evaluate(judge["env"]["MLFLOW_TRACKING_URI"], contexts)
        assert ledger == ("https://ledger.example" if trusted else "")
        assert bool(evaluate(workflow["jobs"]["comment"]["if"], contexts)) is trusted


def test_githubs_schema_and_zizmor_find_nothing() -> None:
    paths = [str(FOLDER / name) for name in NAMES]
    for command in (
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *paths),
        ("zizmor", "--offline", "--quiet", *paths),
    ):
        done = subprocess.run(
            (str(BIN / command[0]), *command[1:]), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_script_can_be_run_and_is_used_by_a_workflow() -> None:
    texts = [path.read_text("utf-8") for path in (*FOLDER.glob("*.yml"), *SCRIPTS)]
    for script in SCRIPTS:
        if script.suffix == ".sh":
            assert script.stat().st_mode & 0o111, script
            assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
        name = script.name if script.suffix == ".sh" else script.stem
        assert any(name in text for text in texts if text != script.read_text("utf-8")), script
