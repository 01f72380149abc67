"""`winnow ask`: an answer with its passages, from the built or a named Version."""

import os
import pty
import subprocess

import pytest

from app.commands.ask import ask
from pipeline.errors import VersionError
from tests.app.commands.test_run import fails
from tests.support.project import Project, environment

pytestmark = pytest.mark.slow
QUESTION = "How long is the warranty of the Fjell pump?"


def test_the_built_version_answers_and_cites(built_project: Project) -> None:
    lines = built_project.ok("winnow", "ask", QUESTION).splitlines()
    assert lines[0].startswith("The warranty of the Fjell pump lasts five years")
    assert lines[0].endswith("[1]")
    assert any(line.startswith("[1] warranty.md, Warranty (") for line in lines)


def test_a_version_is_named_by_the_start_of_its_id(built_project: Project) -> None:
    for name in (built_project.version, built_project.version[:6]):
        assert "five years" in built_project.ok("winnow", "ask", "--version", name, QUESTION)


def test_it_abstains_when_nothing_answers(built_project: Project) -> None:
    said = built_project.ok("winnow", "ask", "What does error E-9999 mean?")
    assert said.startswith("The documents do not seem to hold an answer.")
    assert "closest passages:" in said


def test_the_built_version_answers_while_the_ledger_is_away(built_project: Project) -> None:
    away = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    assert "five years" in built_project.ok("winnow", "ask", QUESTION, **away)


@pytest.mark.parametrize("question", ["", "   "])
def test_an_empty_question(built_project: Project, question: str) -> None:
    assert "the question is empty; write one in quotes" in fails(
        built_project, "winnow", "ask", question
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ffffff", "no Version begins with 'ffffff'; choose from "),
        ("ff", "'ff' is too short"),
        ("champion", "there is no champion yet"),
        ("0" * 32 + ".dir", "is not in the cache; bring it back with `dvc pull`"),
    ],
)
def test_an_unknown_version(
    built_project: Project, name: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(VersionError, match=said):
        ask(QUESTION, version=name, root=built_project.root)


def test_an_unknown_version_is_one_line(built_project: Project) -> None:
    error = fails(built_project, "winnow", "ask", "--version", "ffffff", QUESTION)
    assert error.startswith("error: no Version begins with 'ffffff'; choose from ")


def test_where_nothing_is_built(built_project: Project, project: Project) -> None:
    (project.root / "dvc.lock").unlink()
    assert "no Version is built in" in fails(project, "winnow", "ask", QUESTION)
    assert "nowhere is no workspace" in fails(
        built_project, "winnow", "ask", "--workspace", "nowhere", QUESTION
    )


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


def chat(project: Project, said: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["winnow", "chat"], cwd=project.root, env={**environment(), **environ}, input=said,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_piped_questions_are_answered_until_the_end(built_project: Project) -> None:
    done = chat(built_project, f"{QUESTION}\nWhat does error E-9999 mean?\n")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.split("> What does error E-9999 mean?\n")
    assert first.startswith(f"> {QUESTION}\nThe warranty of the Fjell pump lasts five years")
    assert second.startswith("The documents do not seem to hold an answer.")


def test_an_empty_line_ends_it(built_project: Project) -> None:
    done = chat(built_project, f"{QUESTION}\n\nWhat does E-4471 mean?\n")
    assert "five years" in done.stdout
    assert "E-4471" not in done.stdout
    assert chat(built_project, "").stdout == ""


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


def test_an_unknown_version_is_one_line_of_chat(built_project: Project) -> None:
    error = fails(built_project, "winnow", "chat", "--version", "ffffff")
    assert "no Version begins with 'ffffff'" in error
