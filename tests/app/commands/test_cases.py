"""`winnow cases check`: what is found, missing, or stands twice."""

import json

import pytest

from tests.app.commands.test_run import fails
from tests.support.project import Project

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
FILE = "eval/cases/handbook.jsonl"


def test_sound_cases(built_project: Project) -> None:
    said = built_project.ok("winnow", "cases", "check")
    assert "5 cases, 1 of them unanswerable" in said
    assert "single 4, unanswerable 1" in said
    assert "evidence: 4 exact" in said
    assert "every quote found, nothing twice" in said


def test_a_missing_quote_and_a_question_twice_exit_with_1(project: Project) -> None:
    lost = {
        "id": "lost", "question": "What does E-4471 mean?", "answer": "x", "answerable": True,
        "evidence": [{"document": "notes.txt", "quote": "nothing of the kind [stands] here"}],
    }  # fmt: skip
    with (project.root / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(lost) + "\n")
    done = project.run("winnow", "cases", "check")
    assert done.returncode == 1
    assert "not found lost: notes.txt" in done.stdout
    assert "question stands twice What does E-4471 mean? (code, lost)" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("command", [("cases", "check"), ("run",)])
def test_broken_cases_are_named_with_their_line(project: Project, command: tuple[str, ...]) -> None:
    with (project.root / FILE).open("a", encoding="utf-8") as file:
        file.write('{"id": "half"\n')
    assert "handbook.jsonl:6: not valid JSON" in fails(project, "winnow", *command)


def test_no_cases_and_no_documents(project: Project) -> None:
    cases = (project.root / FILE).read_bytes()
    (project.root / FILE).unlink()
    assert "handbook.jsonl does not exist" in fails(project, "winnow", "cases", "check")
    (project.root / FILE).write_bytes(b"\n")
    assert "handbook.jsonl holds no cases" in fails(project, "winnow", "run")
    (project.root / FILE).write_bytes(cases)
    (project.root / "data" / "documents" / "documents.parquet").unlink()
    error = fails(project, "winnow", "cases", "check")
    assert "no Documents yet; run `winnow run --only ingest`" in error
