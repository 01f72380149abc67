"""`winnow chat`: questions one after the other, typed or piped."""

import os
import pty
import subprocess

import pytest

from tests.app.commands.test_run import fails
from tests.project import Project, environment

pytestmark = pytest.mark.slow
QUESTION = "How long is the warranty of the Fjell pump?"


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


def test_an_unknown_version_is_one_line(built_project: Project) -> None:
    error = fails(built_project, "winnow", "chat", "--version", "ffffff")
    assert "no Version begins with 'ffffff'" in error
