"""`winnow ask` and `winnow chat`: questions to one Version."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.options import FolderOption, VersionOption, WorkspaceOption
from app.display.answers import show_answer
from app.library import named_version, open_endpoints, open_ledger
from app.workspace.workspace import Workspace, find_workspace
from pipeline.answer import Turn
from pipeline.answerer import Answerer, open_answerer
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import (
    DataError,
    EndpointError,
    NoMoreCallsError,
    ParamsError,
    PrerequisiteError,
    VersionError,
)
from pipeline.versions.store import VersionStore
from pipeline.versions.version import Version, open_version_folder

QuestionArgument = Annotated[str, typer.Argument(help="What you want to know.")]
_PROMPT = "> "


def ask(
    question: QuestionArgument,
    version: VersionOption = None,
    root: WorkspaceOption = None,
    folder: FolderOption = None,
) -> None:
    """Answer a question from a Version, citing its passages."""
    if not question.strip():
        raise DataError("the question is empty; write one in quotes")
    with _opened_answerer(root, version, folder) as answerer:
        show_answer(Console(highlight=False), answerer.stream(question))


def chat(
    version: VersionOption = None,
    root: WorkspaceOption = None,
    folder: FolderOption = None,
) -> None:
    """Answer questions line by line, each understood by those before it.

    An empty line or Ctrl+D ends it. Questions may also be piped in, one a line; exit 1 then says
    that an answer failed.
    """
    console = Console(highlight=False)
    history: list[Turn] = []
    failed = False
    with _opened_answerer(root, version, folder) as answerer:
        for question in _questions(console):
            try:
                answer = show_answer(console, answerer.stream(question, history))
            except NoMoreCallsError:
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


@contextmanager
def _opened_answerer(
    root: Path | None, version: str | None, folder: Path | None
) -> Iterator[Answerer]:
    """Open the Version in a folder, the one that is named, or the last built.

    A workspace limits what may be spent; with a folder, there need not be one.
    """
    if folder is None:
        workspace = find_workspace(root)
        opened, endpoints = _in_workspace(workspace, version), open_endpoints(workspace)
    elif version is not None:
        raise ParamsError("--folder names the Version already; leave --version out")
    elif not folder.is_dir():
        raise VersionError(
            f"there is no folder {folder}; fetch a Version into it with "
            f"`winnow fetch ID --remote URL --to {folder}`"
        )
    else:
        endpoints = _endpoints(root)
        opened = open_version_folder(folder)
    with endpoints:
        yield open_answerer(opened, endpoints)


def _in_workspace(workspace: Workspace, version: str | None) -> Version:
    """Open the Version that is named, or what dvc.lock names, which needs no ledger."""
    built = workspace.version
    if version is not None:
        built = named_version(version, open_ledger(workspace))
    if built is None:
        raise PrerequisiteError(f"no Version is built in {workspace.root} yet; run `winnow run`")
    return VersionStore(workspace.cache).open(built)


def _endpoints(root: Path | None) -> Endpoints:
    try:
        return open_endpoints(find_workspace(root))
    except PrerequisiteError:
        if root is not None:
            raise
        # What is learned of a model's endpoint has to be kept somewhere.
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Endpoints(os.environ, Path(cache) / "winnow")
