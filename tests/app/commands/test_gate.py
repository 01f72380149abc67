"""`winnow gate`: exit codes that a script can rely on, text that a person can."""

import json
import os
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.commands.gate import DEFAULT, DefaultCommand
from app.workspace.workspace import Workspace
from eval.ledger.mlflow_ledger import ledger_at
from tests.support.gates import record_experiment
from tests.support.mixes import vary
from tests.support.mlflow import crown
from tests.support.project import Project

# It answers nothing: worse, and five Cases are too few to show it.
SILENT = ("--set", "generation.threshold=0.99")
NOWHERE = "http://127.0.0.1:9"


@pytest.mark.slow
@pytest.mark.thorough
def test_without_a_champion_a_first_release_must_be_said(built_project: Project) -> None:
    done = built_project.run("winnow", "gate")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "there is no champion yet: judge a first release" in done.stderr
    assert "`winnow gate --first`" in done.stderr
    done = built_project.run("winnow", "gate", "--first")
    assert done.returncode == 0
    assert f"candidate {built_project.version[:10]}\n" in done.stdout
    assert "ok  context_recall      1.000  ≥ 0.500" in done.stdout
    assert done.stdout.endswith("PASS\n")


@pytest.mark.slow
@pytest.mark.thorough
def test_a_broken_floor_fails_with_1(project: Project) -> None:
    project.ok("winnow", "run", "--set", "gate.floors.context_precision=0.99")
    done = project.run("winnow", "gate", project.version[:8], "--first")
    assert done.returncode == 1
    assert "not met  context_precision" in done.stdout
    assert done.stdout.endswith("FAIL\n")


@pytest.mark.slow
@pytest.mark.thorough
def test_the_champion_against_itself_passes_and_every_report_is_written(project: Project) -> None:
    crown(project.root, project.version)
    done = project.run("winnow", "gate", "--report", "out", COLUMNS="80")
    assert done.returncode == 0, done.stderr
    short = project.version[:10]
    assert f"candidate {short} against {short} (champion)\n" in done.stdout
    assert "candidate and baseline are one and the same Version" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    names = {path.name for path in (project.root / "out").iterdir()}
    assert names == {"verdict.json", "verdict.md", "verdict.xml", "verdict.html"}
    content = json.loads((project.root / "out" / "verdict.json").read_text("utf-8"))
    assert (content["outcome"], content["exit_code"], content["changes"]) == ("pass", 0, [])
    done = project.run("winnow", "gate", "--first")
    assert done.returncode == 2
    assert f"{project.version} is champion; leave it out" in done.stderr


@pytest.mark.slow
@pytest.mark.thorough
def test_what_passes_against_the_champion_is_its_challenger(project: Project) -> None:
    workspace, ledger = Workspace(project.root), ledger_at(project.root, os.environ)
    crown(project.root, project.version)
    version = vary(workspace, project.version, top_k=8)
    # The Verdict stands where there is nothing in the ledger for the alias to name.
    done = project.run("winnow", "gate", version)
    assert done.returncode == 0, done.stderr
    assert "the alias `challenger` stays as it is: no Scorecard of" in done.stderr
    record_experiment(workspace, version, "eight")
    assert project.run("winnow", "gate", "eight", "--against", project.version).returncode == 0
    assert "challenger" not in ledger.aliases()
    assert project.run("winnow", "gate", "eight").stderr == ""
    assert ledger.aliases() == {"champion": project.version, "challenger": version}


@pytest.mark.slow
@pytest.mark.thorough
def test_a_candidate_that_says_less_is_not_let_through_and_explained(project: Project) -> None:
    crown(project.root, project.version)
    champion = project.version
    project.ok("winnow", "run", *SILENT, "--set", "retrieval.top_k=1")
    done = project.run("winnow", "gate", "--json", "verdict.json", "--junit", "verdict.xml")
    assert done.returncode == 3, done.stderr
    assert f"candidate {project.version[:10]} against {champion[:10]} (champion)" in done.stdout
    content = json.loads((project.root / "verdict.json").read_text("utf-8"))
    assert content["candidate"]["scored"] == content["baseline"]["scored"] == "as recorded"
    changed = {each["name"] for each in content["settings"]}
    assert changed == {"retrieval.top_k", "generation.threshold"}
    assert set(content["index"]["stages"]) == {"retrieve", "generate"}
    assert content["index"]["added"] == content["index"]["removed"] == 0
    lost = [each for each in content["changes"] if each["difference"] < 0]
    assert lost
    assert all(each["baseline"]["sentences"] for each in lost)
    assert not any(each["candidate"]["sentences"] for each in lost)
    assert {row["stage"] for row in content["blame"]} <= {"retrieve", "generate"}


@pytest.mark.slow
@pytest.mark.thorough
def test_what_inconclusive_means_is_a_setting_and_not_the_code(project: Project) -> None:
    crown(project.root, project.version)
    project.ok("winnow", "run", *SILENT, "--set", "gate.on_inconclusive=review")
    done = project.run("winnow", "gate")
    assert done.returncode == 3
    assert "a reviewer decides, as `gate.on_inconclusive` says" in done.stdout
    assert done.stdout.endswith("INCONCLUSIVE\n")


@pytest.mark.slow
@pytest.mark.thorough
def test_changed_cases_have_both_sides_scored_again_once(project: Project) -> None:
    crown(project.root, project.version)
    path = project.root / "eval" / "cases" / "handbook.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    done = project.run("winnow", "gate")
    assert done.returncode == 0, done.stderr
    assert "answering and scoring 4 Cases here, as the Cases changed" in done.stderr
    assert "baseline: answered and scored again here on 4 Cases, as the Cases" in done.stdout
    done = project.run("winnow", "gate")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "baseline: answered and scored again here\n" in done.stdout


@pytest.fixture
def fork(project: Project, tmp_path: Path) -> Project:
    """A clone with neither data nor cache nor ledger, of a project with a remote."""
    project.ok("dvc", "remote", "add", "--default", "store", str(tmp_path / "remote"))
    project.commit("a remote")
    project.ok("dvc", "push", "--quiet")
    project.ok("winnow", "run", *SILENT)
    project.commit("silent")
    project.ok("dvc", "push", "--quiet")
    clone = Project(tmp_path / "fork")
    project.ok("git", "clone", "--quiet", str(project.root), str(clone.root))
    shutil.copytree(project.root / ".winnow" / "encoders", clone.root / ".winnow" / "encoders")
    return clone


@pytest.mark.slow
@pytest.mark.thorough
def test_a_fork_needs_no_ledger(fork: Project, tmp_path: Path) -> None:
    arguments = ("winnow", "gate", "--against", "git:HEAD~1", "--report", "out")
    done = fork.run(*arguments, MLFLOW_TRACKING_URI=NOWHERE)
    assert done.returncode == 3, done.stderr
    assert "(git:HEAD~1)" in done.stdout
    assert "scored again" not in done.stdout
    assert (fork.root / "out" / "verdict.html").is_file()
    # The Scorecard of the baseline is gone, so its Version is brought and asked.
    scorecard = fork.ok("git", "show", "HEAD~1:dvc.lock").partition("data/scorecard")[2]
    digest = scorecard.partition("md5: ")[2].split()[0]
    for root in (tmp_path / "remote", fork.root / ".dvc" / "cache"):
        (root / "files" / "md5" / digest[:2] / digest[2:]).unlink()
    again = fork.run(*arguments[:-2], MLFLOW_TRACKING_URI=NOWHERE)
    assert again.returncode == done.returncode, again.stderr
    assert "baseline: answered and scored again here on 5 Cases" in again.stdout


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ffffff", "--first"), "no Version begins with 'ffffff'"),
        (("--against", "ffffff"), "no Version begins with 'ffffff'"),
        (("--against", "git:nowhere"), "git shows no dvc.lock in the revision 'nowhere'"),
        (("--workspace", "no"), "no workspace"),
    ],
)
def test_what_cannot_be_judged_is_2(
    built_project: Project, arguments: tuple[str, ...], said: str
) -> None:
    done = built_project.run("winnow", "gate", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert said in line


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ([], "judged None False"),
        (["1a2b"], "judged 1a2b False"),
        (["--fast"], "judged None True"),
        (["judge", "1a2b"], "judged 1a2b False"),
        (["measure"], "measured"),
    ],
)
def test_the_default_needs_no_name(line: list[str], said: str) -> None:
    group = typer.Typer(cls=DefaultCommand)

    @group.command(DEFAULT)
    def judge(candidate: str | None = typer.Argument(None), fast: bool = False) -> None:
        typer.echo(f"judged {candidate} {fast}")

    @group.command()
    def measure() -> None:
        typer.echo("measured")

    app = typer.Typer()
    app.add_typer(group, name="gate")
    app.command()(measure)
    assert CliRunner().invoke(app, ["gate", *line]).stdout.strip() == said
