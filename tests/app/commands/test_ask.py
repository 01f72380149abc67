"""`winnow ask` and `winnow chat`: answers and their passages, from a built or a named Version."""

import os
import pty
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.main import build
from pipeline.errors import DataError, PrerequisiteError, VersionError
from tests.app.commands.test_run import fails
from tests.support.project import Project, environment

pytestmark = pytest.mark.slow
QUESTION = "How long is the warranty of the Fjell pump?"
NOBODY = "What does error E-9999 mean?"


@pytest.fixture(autouse=True)
def _default_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def said(root: Path, command: str, *arguments: str, piped: str = "") -> str:
    """Run a command in this process, as another takes seconds to import what answers."""
    line = [command, "--workspace", str(root), *arguments]
    done = CliRunner().invoke(build(), line, input=piped, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_built_version_answers_and_cites(built_project: Project) -> None:
    lines = built_project.ok("winnow", "ask", QUESTION).splitlines()
    assert lines[0].startswith("The warranty of the Fjell pump lasts five years")
    assert lines[0].endswith("[1]")
    assert any(line.startswith("[1] warranty.md, Warranty (") for line in lines)


def test_a_version_is_named_by_the_start_of_its_id(built_project: Project) -> None:
    for name in (built_project.version, built_project.version[:6]):
        assert "five years" in said(built_project.root, "ask", "--version", name, QUESTION)


def test_it_abstains_when_nothing_answers(built_project: Project) -> None:
    shown = said(built_project.root, "ask", NOBODY)
    assert shown.startswith("The documents do not seem to hold an answer.")
    assert "closest passages:" in shown


def test_the_built_version_answers_while_the_ledger_is_away(
    built_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert "five years" in said(built_project.root, "ask", QUESTION)


@pytest.mark.parametrize("question", ["", "   "])
def test_an_empty_question(tmp_path: Path, question: str) -> None:
    with pytest.raises(DataError, match="the question is empty; write one in quotes"):
        said(tmp_path, "ask", question)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ffffff", "no Version begins with 'ffffff'; choose from "),
        ("ff", "'ff' is too short"),
        ("champion", "there is no champion yet"),
        ("0" * 32 + ".dir", "is not in the cache; bring it back with `dvc pull`"),
    ],
)
def test_an_unknown_version(built_project: Project, name: str, reason: str) -> None:
    with pytest.raises(VersionError, match=reason):
        said(built_project.root, "ask", "--version", name, QUESTION)


@pytest.mark.thorough
def test_an_unknown_version_is_one_line(built_project: Project) -> None:
    for command in (("ask", QUESTION), ("chat",)):
        error = fails(built_project, "winnow", *command, "--version", "ffffff")
        assert error.startswith("error: no Version begins with 'ffffff'; choose from ")


def test_where_nothing_is_built(project: Project) -> None:
    (project.root / "dvc.lock").unlink()
    with pytest.raises(PrerequisiteError, match="no Version is built in"):
        said(project.root, "ask", QUESTION)
    with pytest.raises(PrerequisiteError, match="nowhere is no workspace"):
        said(project.root / "nowhere", "ask", QUESTION)


def test_an_extractive_version_needs_no_client_of_a_model(built_project: Project) -> None:
    clients = ("groq", "openai", "httpx", "httpx2", "genai_prices", "tiktoken", "torch", "ragas")
    code = (
        f"import sys; sys.argv = ['winnow', 'ask', {QUESTION!r}]\n"
        "from app.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {clients!r} if name in sys.modules])"
    )
    lines = built_project.ok("python", "-c", code).splitlines()
    assert lines[0].startswith("The warranty of the Fjell pump lasts five years")
    assert lines[-1] == "[]"


def test_piped_questions_are_answered_until_the_end(built_project: Project) -> None:
    shown = said(built_project.root, "chat", piped=f"{QUESTION}\n{NOBODY}\n")
    first, second = shown.split(f"> {NOBODY}\n")
    assert first.startswith(f"> {QUESTION}\nThe warranty of the Fjell pump lasts five years")
    assert second.startswith("The documents do not seem to hold an answer.")


def test_an_empty_line_ends_it(built_project: Project) -> None:
    shown = said(built_project.root, "chat", piped=f"{QUESTION}\n\nWhat does E-4471 mean?\n")
    assert "five years" in shown
    assert "E-4471" not in shown
    assert said(built_project.root, "chat") == ""


def test_it_is_typed_in_a_terminal_and_ends_with_ctrl_d(built_project: Project) -> None:
    mine, its = pty.openpty()
    process = subprocess.Popen(
        ["winnow", "chat"], cwd=built_project.root, env={**environment(), "TERM": "xterm"},
        stdin=its, stdout=its, stderr=its,
    )  # fmt: skip
    os.close(its)
    try:
        greeting, rest = _until(mine, "> ", "")
        assert "an empty line or Ctrl+D ends it" in greeting
        os.write(mine, f"{QUESTION}\n".encode())
        answer, rest = _until(mine, " ms", rest)
        assert "five years" in answer
        _until(mine, "> ", rest)
        os.write(mine, b"\x04")
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(mine)


def _until(terminal: int, wanted: str, shown: str) -> tuple[str, str]:
    """Read on until something is shown; return what came up to it, and what came after."""
    while wanted not in shown:
        shown += os.read(terminal, 4096).decode()
    before, _, after = shown.partition(wanted)
    return before, after
