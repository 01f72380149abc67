"""Runs the commands of docs/walkthrough.md in a clean clone, and writes what they printed there.

Run as `python -m benchmarks.walkthrough FOLDER`: each line that begins with `$` in a block
marked `console` is typed into one shell, in order, which starts in FOLDER; the lines below it give
way to what it printed. A command that fails is shown with its exit code, as a reader would see it.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

DOCUMENT = Path("docs/walkthrough.md")
_BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)
_PROMPT = "$ "
_WIDTH = "88"
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class Shell:
    """One bash that keeps its folder and variables from command to command."""

    def __init__(self, folder: Path) -> None:
        environ = {**os.environ, "COLUMNS": _WIDTH, "TERM": "dumb", "GIT_PAGER": "cat"}
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> str:
        """Type a command and return what it printed, with its exit code unless that is 0."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        mark = uuid4().hex
        # What a command leaves running must not hold the pipe, nor read what is typed next.
        self._bash.stdin.write(f"{command} </dev/null\nprintf '\\n{mark} %s\\n' $?\n")
        self._bash.stdin.flush()
        lines: list[str] = []
        for line in self._bash.stdout:
            if line.startswith(mark):
                break
            lines.append(_ESCAPES.sub("", line).rstrip())
        else:
            raise SystemExit(f"the shell ended at: {command}")
        status = line.split()[1]
        printed = "\n".join(lines).strip("\n")
        return printed if status == "0" else f"{printed}\n[exit code {status}]".lstrip("\n")


def rewritten(document: str, shell: Shell) -> str:
    """Return a document whose console blocks hold what their commands print now."""
    return _BLOCK.sub(lambda block: "".join(_typed(block[1], shell)), document)


def _typed(block: str, shell: Shell) -> Iterator[str]:
    for command in _commands(block):
        sys.stderr.write(f"{_PROMPT}{command}\n")
        printed = shell.run(command)
        yield f"{_PROMPT}{command}\n"
        if printed:
            yield f"{printed}\n"


def _commands(block: str) -> list[str]:
    return [line.removeprefix(_PROMPT) for line in block.splitlines() if line.startswith(_PROMPT)]


if __name__ == "__main__":
    [folder] = sys.argv[1:]
    Path(folder).mkdir(parents=True, exist_ok=True)
    text = rewritten(DOCUMENT.read_text("utf-8"), Shell(Path(folder)))
    DOCUMENT.write_text(text, "utf-8")
