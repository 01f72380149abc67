"""`winnow chat`: questions one after the other, follow-ups among them, to one Version."""

import sys
from collections.abc import Iterator
from contextlib import suppress

import typer
from rich.console import Console

from app.live_answer import show_answer
from app.options import FolderOption, VersionOption, WorkspaceOption
from app.version_choice import opened_answerer
from pipeline.conversation import Turn
from pipeline.errors import EndpointError, HaltError

_PROMPT = "> "


def chat(
    version: VersionOption = None,
    workspace: WorkspaceOption = None,
    folder: FolderOption = None,
) -> None:
    """Answer questions line by line, each understood by those before it.

    An empty line or Ctrl+D ends it. Questions may also be piped in, one a line; exit 1 then says
    that an answer failed.
    """
    console = Console(highlight=False)
    history: list[Turn] = []
    failed = False
    with opened_answerer(workspace, version, folder) as answerer:
        for question in _questions(console):
            try:
                answer = show_answer(console, answerer.stream(question, history))
            except HaltError:
                raise
            except EndpointError as error:
                # The next question may fare better, and knows nothing of this one.
                typer.secho(f"error: {error}", err=True, fg=typer.colors.RED)
                failed = True
            else:
                history.append(Turn(question, answer.text))
            console.print()
    if failed:
        raise typer.Exit(1)


def _questions(console: Console) -> Iterator[str]:
    """Yield what is typed or piped in until an empty line or the end."""
    typed = sys.stdin.isatty()
    if typed and console.is_terminal:
        console.print("Ask; an empty line or Ctrl+D ends it.", style="dim")
    while question := (_typed() if typed else sys.stdin.readline()).strip():
        if not typed:
            console.print(_PROMPT + question, style="bold", markup=False, soft_wrap=True)
        yield question


def _typed() -> str:
    """Read a line with the keys that one expects, such as arrow up."""
    with suppress(ImportError):
        import readline  # noqa: F401 - `input` uses it once it is imported
    try:
        return input(_PROMPT)
    except EOFError:
        sys.stdout.write("\n")
        return ""
