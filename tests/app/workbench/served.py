"""Every state of the workbench, served by one real process."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Served:
    """The addresses by state, and a line to the process that serves them."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        assert process.stdout is not None
        self.urls: dict[str, str] = json.loads(process.stdout.readline())

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


@contextmanager
def serve_samples() -> Iterator[Served]:
    command = [sys.executable, "-m", "tests.app.workbench.serve_samples"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Served(process)
        finally:
            process.terminate()
