"""`winnow promote` and `rollback`: what a person reads, and exit codes a script can rely on."""

import os

import pytest
from typer.testing import CliRunner, Result

from app.commands.promote import tell_step
from app.main import build
from app.workspace.settings import change_settings
from app.workspace.workspace import Workspace
from eval.ledger.mlflow_ledger import ledger_at
from pipeline.errors import PrerequisiteError
from tests.support.gates import record_experiment
from tests.support.mixes import vary
from tests.support.project import Project, environment
from tests.support.remotes import write_remotes


def winnow(project: Project, *command: str) -> Result:
    """Run a command here: a process of its own takes seconds to import MLflow and DVC."""
    environ = {**environment(), "MLFLOW_TRACKING_URI": None}
    return CliRunner().invoke(build(), [*command, "--workspace", str(project.root)], env=environ)


@pytest.mark.slow
def test_from_a_first_release_to_an_experiment_that_replaces_it_and_back(project: Project) -> None:
    workspace, first = Workspace(project.root), project.version
    remote = project.root.parent / "remote"
    done = winnow(project, "rollback")
    assert (done.exit_code, done.stdout) == (1, "")
    assert isinstance(done.exception, PrerequisiteError)
    done = winnow(project, "promote")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "`winnow promote --first`" in done.stderr
    done = winnow(project, "promote", "--first")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "`dvc remote add -d NAME URL`" in done.stderr

    write_remotes(workspace, "store", {"store": {"url": "../../remote"}}, git=True)
    done = winnow(project, "promote", "--first")
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    said = lines[lines.index("PASS") + 1]
    assert said.endswith(f" objects are uploaded to {remote}, 0 were there")
    assert lines[-1] == f"the receipt is copied to {remote}/winnow"
    done = winnow(project, "promote", "--first")
    assert (done.exit_code, done.stdout) == (0, f"{first} is champion already: nothing to do\n")

    version = vary(workspace, first, top_k=8)
    record_experiment(workspace, version, "eight")
    done = winnow(project, "promote", "eight")
    assert done.exit_code == 0, done.stderr
    assert f"makes {version} champion" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("with `dvc exp apply eight`")
    champions = {each["version"]: each["champion"] for each in project.records()}
    assert champions == {first: False, version: True}

    done = winnow(project, "rollback", "--reason", "too slow")
    assert done.exit_code == 0, done.stderr
    appended, *then = done.stdout.splitlines()
    assert appended.startswith("receipt 3 (")
    assert appended.endswith(f"makes {first} champion")
    assert then == [
        "the alias `champion` follows",
        f"the receipt is copied to {remote}/winnow",
    ]
    receipts = [each.read_text("utf-8") for each in (remote / "winnow" / "receipts").iterdir()]
    assert sum('"reason":"too slow"' in each for each in receipts) == 1
    done = winnow(project, "rollback", "--to", first[:8], "--no-upload")
    assert done.stdout == f"{first} is champion already: nothing to do\n"


@pytest.mark.slow
def test_a_refusal_shows_the_verdict_and_the_ways_on(project: Project) -> None:
    params = project.root / "params.yaml"
    for setting, code, verdict, why in (
        ("floors.context_precision=0.99", 1, "FAIL", "the gate failed it: improve it"),
        ("floors={}", 3, "INCONCLUSIVE", "the gate was inconclusive, which blocks as"),
    ):
        change_settings(params, [f"gate.{setting}", "gate.margins={}"])
        done = winnow(project, "promote", "--first", "--no-upload")
        assert done.exit_code == code
        assert done.stdout.splitlines()[-1] == verdict
        assert done.stderr.splitlines()[-1].startswith(f"not promoted: {why}")
        assert '--override "REASON"' in done.stderr
    assert ledger_at(project.root, os.environ).chain() == ()


@pytest.mark.slow
def test_a_reason_that_says_nothing_is_refused(built_project: Project) -> None:
    done = winnow(built_project, "promote", "--first", "--override", "")
    assert done.exit_code == 2
    [line] = done.stderr.splitlines()
    assert line == "error: --override is empty; say why, as the receipt keeps it for ever"


def test_what_was_left_undone_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    tell_step("appended", "receipt 1 makes it champion")
    tell_step("unfinished", "the alias does not follow")
    printed = capsys.readouterr()
    assert printed.out == "receipt 1 makes it champion\n"
    assert printed.err == "warning: the alias does not follow\n"
