"""The command `winnow`: composes its commands, sets up logging, and says errors in one line."""

import logging
import os
import sys

import typer

from app.commands.ask import ask
from app.commands.benchmark import benchmark
from app.commands.cases import cases
from app.commands.compare import compare
from app.commands.documents import documents
from app.commands.gate import gate
from app.commands.run import run
from app.commands.versions import versions
from app.commands.workbench import workbench
from pipeline.errors import WinnowError

_QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "RAGAS_DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}


def build() -> typer.Typer:
    """Compose the commands."""
    winnow = typer.Typer(
        help="Build, score and compare Versions of a question-answering system.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    winnow.command()(run)
    winnow.command()(documents)
    winnow.command()(versions)
    winnow.command()(ask)
    winnow.command()(compare)
    winnow.command()(gate)
    winnow.command("app")(workbench)
    winnow.add_typer(cases(), name="cases")
    winnow.add_typer(benchmark(), name="benchmark")
    return winnow


def main() -> None:
    """Run the command line; an expected error is one line on stderr and exit 1."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        build()()
    except WinnowError as error:
        typer.secho(f"error: {error}", err=True, fg=typer.colors.RED)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
