"""`winnow gate`: exit codes that a script can rely on, text that a person can."""

import re

import pytest

from tests.mlflow_project import client_of
from tests.project import Project

pytestmark = pytest.mark.slow


def crown(project: Project, version: str) -> None:
    client = client_of(project.root)
    [number] = [
        each.version
        for each in client.search_model_versions("name='winnow'")
        if version in each.tags.values()
    ]
    client.set_registered_model_alias("winnow", "champion", number)


def test_pass_without_a_champion_says_what_was_judged(built_project: Project) -> None:
    done = built_project.run("winnow", "gate")
    assert done.returncode == 0
    assert f"candidate {built_project.version[:10]}\n" in done.stdout
    assert "ok  context_recall  1.0000, at least 0.5 is asked" in done.stdout
    assert "there is no champion yet: only the floors were judged" in done.stdout
    assert done.stdout.endswith("PASS\n")


def test_a_broken_floor_fails_with_1(project: Project) -> None:
    project.ok("winnow", "run", "--set", "gate.floors.context_precision=0.99")
    done = project.run("winnow", "gate", project.version[:8])
    assert done.returncode == 1
    assert "not met  context_precision" in done.stdout
    assert done.stdout.endswith("FAIL\n")


def test_against_a_champion_and_against_one_that_was_asked_otherwise(project: Project) -> None:
    champion = project.version
    crown(project, champion)
    done = project.run("winnow", "gate", COLUMNS="80")
    assert done.returncode == 0
    assert f"candidate {champion[:10]} against champion {champion[:10]}" in done.stdout
    assert re.search(r"answer_alignment +\+0\.0000 from 0\.", done.stdout)
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert "★" in project.ok("winnow", "versions")
    project.ok("winnow", "run", "--set", "generation.sentences=1", "--set", "score.budget=500")
    done = project.run("winnow", "gate")
    assert done.returncode == 3
    assert f"candidate {project.version[:10]} against champion {champion[:10]}" in done.stdout
    assert "the two were scored with different score.budget: score the champion" in done.stdout
    assert done.stdout.endswith("INCONCLUSIVE\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("ffffff",), "no Version begins with 'ffffff'"), (("--workspace", "no"), "no workspace")],
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


def test_a_version_that_was_never_scored_is_2(project: Project) -> None:
    lock = (project.root / "dvc.lock").read_text("utf-8")
    text = lock.replace(project.version, "0" * 32 + ".dir")
    (project.root / "dvc.lock").write_text(text, encoding="utf-8")
    done = project.run("winnow", "gate")
    assert done.returncode == 2
    assert "was never scored; run `winnow run`" in done.stderr
