"""The command `winnow`: composes its commands, sets up logging, and says errors in one line."""

import logging
import os
import sys

import typer

from app.commands.ask import ask, chat
from app.commands.benchmark import benchmark
from app.commands.cases import cases
from app.commands.collect import collect
from app.commands.compare import compare
from app.commands.doctor import doctor
from app.commands.documents import documents
from app.commands.fetch import fetch
from app.commands.gate import gate
from app.commands.history import history
from app.commands.promote import promote, rollback
from app.commands.run import run
from app.commands.score import score
from app.commands.versions import version_id, versions
from app.commands.workbench import workbench
from pipeline.errors import WinnowError
from pipeline.process import collect_rarely, switch_off_telemetry

_BUILD = "Build Versions"
_ASK = "Ask and compare"
_MEASURE = "Measure and judge"
_PROMOTE = "Promote"
_STORE = "Store"
_CLIENTS = ("httpx", "httpx2", "httpcore", "httpcore2", "groq", "openai")
_CLIENT_LOGS = ("GROQ_LOG", "OPENAI_LOG")


def build() -> typer.Typer:
    """Compose the commands."""
    winnow = typer.Typer(
        help="Build, score, compare and promote Versions of a question-answering system.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    winnow.command(rich_help_panel=_BUILD)(run)
    winnow.command(rich_help_panel=_BUILD)(documents)
    winnow.add_typer(cases(), name="cases", rich_help_panel=_BUILD)
    winnow.command(rich_help_panel=_BUILD)(versions)
    winnow.command("id", rich_help_panel=_BUILD)(version_id)
    winnow.command(rich_help_panel=_ASK)(ask)
    winnow.command(rich_help_panel=_ASK)(chat)
    winnow.command(rich_help_panel=_ASK)(compare)
    winnow.command("app", rich_help_panel=_ASK)(workbench)
    winnow.add_typer(gate(), name="gate", rich_help_panel=_MEASURE)
    winnow.command(rich_help_panel=_MEASURE)(score)
    winnow.add_typer(benchmark(), name="benchmark", rich_help_panel=_MEASURE)
    winnow.command(rich_help_panel=_PROMOTE)(promote)
    winnow.command(rich_help_panel=_PROMOTE)(rollback)
    winnow.command(rich_help_panel=_PROMOTE)(history)
    winnow.command(rich_help_panel=_PROMOTE)(doctor)
    winnow.command(rich_help_panel=_STORE)(fetch)
    winnow.command("gc", rich_help_panel=_STORE)(collect)
    return winnow


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


def _set_up_logging() -> None:
    """Say warnings on stderr; what the clients of models say in detail holds headers, so never."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    for name in _CLIENTS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for variable in _CLIENT_LOGS:
        # The clients set their own level by these, once they are imported, in a stage as well.
        os.environ.pop(variable, None)
