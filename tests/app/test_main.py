"""The command `winnow`: help, and errors in one line."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.main import build
from tests.support.project import ROOT, environment

COMMANDS = (
    "run", "documents", "versions", "id", "cases",
    "ask", "chat", "compare", "app",
    "score", "gate", "benchmark",
    "promote", "rollback", "history", "doctor",
    "fetch", "gc",
)  # fmt: skip


def winnow(here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**environment(), "COLUMNS": "80"}
    return subprocess.run(
        ["winnow", *arguments], cwd=here, env=env, capture_output=True, text=True, check=False
    )


def test_help_lists_the_commands(tmp_path: Path) -> None:
    done = winnow(tmp_path, "--help")
    assert done.returncode == 0
    shown = done.stdout.partition("Build Versions")[2].splitlines()
    listed = [line.split()[1] for line in shown if line.startswith("│ ") and line[2] != " "]
    assert listed == list(COMMANDS)


@pytest.mark.parametrize(
    "command",
    [
        *((each,) for each in COMMANDS),
        ("cases", "check"),
        ("benchmark", "beir"),
        ("benchmark", "chunking"),
        ("benchmark", "documents"),
    ],
)
def test_each_command_explains_itself_in_80_columns(command: tuple[str, ...]) -> None:
    done = CliRunner().invoke(build(), [*command, "--help"], terminal_width=80)
    assert done.exit_code == 0
    assert all(len(line) <= 80 for line in done.output.splitlines())
    assert "…" not in done.output


def test_an_error_is_one_line_on_stderr_and_exit_1(tmp_path: Path) -> None:
    done = winnow(tmp_path, "versions")
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith(f"error: {tmp_path} lies in no workspace; ")


def test_wrong_usage_is_exit_2(tmp_path: Path) -> None:
    done = winnow(tmp_path, "frobnicate")
    assert done.returncode == 2
    assert "No such command 'frobnicate'" in done.stderr


def test_output_may_be_cut_off(tmp_path: Path) -> None:
    command = f"{sys.executable} -m app.main --help"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | true"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr


def test_clients_of_models_never_log_in_detail() -> None:
    """`GROQ_LOG=debug` would make the client log its requests and their headers."""
    code = (
        "import logging, sys; sys.argv = ['winnow', '--help']\n"
        "from app.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "import groq, openai\n"
        "names = ('groq', 'openai', 'httpx', 'httpx2', 'httpcore')\n"
        "print([logging.getLogger(name).isEnabledFor(logging.INFO) for name in names])"
    )
    env = {**environment(), "GROQ_LOG": "debug", "OPENAI_LOG": "debug"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == str([False] * 5), done.stderr
