"""`winnow app`: starts, or says which port is taken."""

import signal
import socket
import subprocess
import urllib.request

import pytest

from tests.app.commands.test_run import fails
from tests.support.project import Project, environment

pytestmark = [pytest.mark.slow, pytest.mark.thorough]


def test_a_port_in_use_is_named(built_project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        error = fails(built_project, "winnow", "app", "--no-browser", "--port", str(port))
    assert f"127.0.0.1:{port}" in error
    assert f"--port {port + 1}" in error


def test_it_says_where_it_is_and_stops_at_ctrl_c(built_project: Project) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["winnow", "app", "--no-browser"],
        cwd=built_project.root,
        env={**environment(), "WINNOW_PORT": str(port)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said == f"the workbench is at http://127.0.0.1:{port}/ (stop it with Ctrl+C)\n"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as page:
        assert page.status == 200
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_port_that_is_none(built_project: Project) -> None:
    error = fails(built_project, "winnow", "app", "--no-browser", "--port", "99999")
    assert error == "error: --port 99999: choose one from 1 to 65535"
