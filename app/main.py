"""The command `winnow`: composes its commands, sets up logging, and says errors in one line.

A command's module is imported once that command is called, so that help waits for no library.
"""

import ast
import logging
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from pipeline.errors import WinnowError
from pipeline.process import collect_rarely, switch_off_telemetry

_PANELS = {
    "Build Versions": {
        "run": "run.run",
        "documents": "documents.documents",
        "versions": "versions.versions",
        "id": "versions.version_id",
        "cases": "cases.cases",
    },
    "Ask and compare": {
        "ask": "ask.ask",
        "chat": "ask.chat",
        "compare": "compare.compare",
        "app": "workbench.workbench",
    },
    "Measure and judge": {
        "score": "score.score",
        "gate": "gate.gate",
        "benchmark": "benchmark.benchmark",
    },
    "Promote": {
        "promote": "promote.promote",
        "rollback": "promote.rollback",
        "history": "history.history",
        "doctor": "doctor.doctor",
    },
    "Store": {"fetch": "fetch.fetch", "gc": "collect.collect"},
}
"""Panel of the help to its commands: the name of each, and its function in app.commands."""
_COMMANDS = {name: path for panel in _PANELS.values() for name, path in panel.items()}
_GROUPS = {"cases", "gate", "benchmark"}
"""Their functions return a group of commands, and their docstring is its help."""
_CLIENTS = ("httpx", "httpx2", "httpcore", "httpcore2", "groq", "openai")
_CLIENT_LOGS = ("GROQ_LOG", "OPENAI_LOG")


def main() -> None:
    """Run the command line; an expected error is one line on stderr and exit 1."""
    collect_rarely()
    switch_off_telemetry()
    _set_up_logging()
    try:
        build()()
    except WinnowError as error:
        typer.secho(f"error: {error}", err=True, fg=typer.colors.RED)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def build() -> typer.Typer:
    """Compose the commands: what the help says of each, until one is called."""
    winnow = typer.Typer(
        cls=_Called,
        help="Build, score, compare and promote Versions of a question-answering system.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for panel, commands in _PANELS.items():
        for name, path in commands.items():
            winnow.command(name, help=_docstring(path), rich_help_panel=panel)(lambda: None)
    return winnow


class _Called(TyperGroup):
    """Puts the command itself, imported now, in place of what the help says of it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        return name, name and _load(name), rest


def _load(name: str) -> Any:
    module, function = _COMMANDS[name].split(".")
    command = getattr(import_module(f"app.commands.{module}"), function)
    if name in _GROUPS:
        return get_group(command())
    alone = typer.Typer(add_completion=False)
    alone.command(name)(command)
    return get_command(alone)


def _docstring(path: str) -> str | None:
    """Read a function's docstring from the source: importing its module would take seconds."""
    module, function = path.split(".")
    source = (Path(__file__).parent / "commands" / f"{module}.py").read_text(encoding="utf-8")
    return next(
        ast.get_docstring(node)
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == function
    )


def _set_up_logging() -> None:
    """Say warnings on stderr; what the clients of models say in detail holds headers, so never."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    for name in _CLIENTS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for variable in _CLIENT_LOGS:
        # The clients set their own level by these, once they are imported, in a stage as well.
        os.environ.pop(variable, None)
