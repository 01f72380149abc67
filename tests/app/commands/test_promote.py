"""`winnow promote`: what a person reads, and exit codes that a script can rely on."""

import os

import pytest

from app.commands.promote import tell_step
from app.workspace.workspace import Workspace
from eval.ledger.mlflow_ledger import ledger_at
from tests.support.gates import record_experiment
from tests.support.mixes import vary
from tests.support.project import Project
from tests.support.remotes import write_remotes


@pytest.mark.slow
def test_from_a_first_release_to_an_experiment_that_replaces_it(project: Project) -> None:
    workspace, first = Workspace(project.root), project.version
    done = project.run("winnow", "promote")
    assert (done.returncode, done.stdout) == (2, "")
    assert "`winnow promote --first`" in done.stderr
    done = project.run("winnow", "promote", "--first")
    assert (done.returncode, done.stdout) == (2, "")
    assert "`dvc remote add -d NAME URL`" in done.stderr

    write_remotes(workspace, "store", {"store": {"url": "../../remote"}}, git=True)
    done = project.run("winnow", "promote", "--first")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[lines.index("PASS") + 1].endswith(
        f" objects are uploaded to {project.root.parent / 'remote'}, 0 were there"
    )
    assert lines[-1] == f"the receipt is copied to {project.root.parent / 'remote'}/winnow"
    done = project.run("winnow", "promote", "--first")
    assert done.stdout == f"{first} is champion already: nothing to do\n"
    assert done.returncode == 0

    version = vary(workspace, first, top_k=8)
    record_experiment(workspace, version, "eight")
    done = project.run("winnow", "promote", "eight")
    assert done.returncode == 0, done.stderr
    assert f"makes {version} champion" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("with `dvc exp apply eight`")
    assert {each["version"]: each["champion"] for each in project.records()} == {
        first: False,
        version: True,
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "code", "said"),
    [
        ("gate.floors.context_precision=0.99", 1, "not promoted: the gate failed it: improve it"),
        ("gate.margins={}", 3, "not promoted: the gate was inconclusive, which blocks as"),
    ],
)
def test_a_refusal_shows_the_verdict_and_the_ways_on(
    project: Project, setting: str, code: int, said: str
) -> None:
    extra = ("--set", "gate.floors={}") if code == 3 else ()
    project.ok("winnow", "run", "--set", setting, *extra)
    done = project.run("winnow", "promote", "--first", "--no-upload")
    assert done.returncode == code
    assert done.stdout.splitlines()[-1] == {1: "FAIL", 3: "INCONCLUSIVE"}[code]
    assert done.stderr.splitlines()[-1].startswith(said)
    assert '--override "REASON"' in done.stderr
    assert ledger_at(project.root, os.environ).chain() == ()


@pytest.mark.slow
def test_a_plea_that_says_nothing_is_refused(built_project: Project) -> None:
    done = built_project.run("winnow", "promote", "--first", "--override", "")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line == "error: --override is empty; say why, as the receipt keeps it for ever"


@pytest.mark.slow
def test_back_in_one_command(project: Project) -> None:
    workspace, first = Workspace(project.root), project.version
    done = project.run("winnow", "rollback")
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line == "error: there is no champion yet; promote one with `winnow promote --first`"
    write_remotes(workspace, "store", {"store": {"url": "../../remote"}}, git=True)
    project.ok("winnow", "promote", "--first")
    project.ok("winnow", "promote", vary(workspace, first, top_k=8))
    done = project.run("winnow", "rollback", "--reason", "too slow")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("receipt 3 (")
    assert lines[0].endswith(f"makes {first} champion")
    assert lines[1:] == [
        "the alias `champion` follows",
        f"the receipt is copied to {project.root.parent / 'remote'}/winnow",
    ]
    receipts = list((project.root.parent / "remote" / "winnow" / "receipts").iterdir())
    assert sum('"reason":"too slow"' in each.read_text("utf-8") for each in receipts) == 1
    done = project.run("winnow", "rollback", "--to", first[:8], "--no-upload")
    assert done.stdout == f"{first} is champion already: nothing to do\n"


def test_what_was_left_undone_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    tell_step("appended", "receipt 1 makes it champion")
    tell_step("unfinished", "the alias does not follow")
    printed = capsys.readouterr()
    assert printed.out == "receipt 1 makes it champion\n"
    assert printed.err == "warning: the alias does not follow\n"
