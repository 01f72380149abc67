"""`winnow ask`: one question to one Version."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from app.commands.options import FolderOption, VersionOption, WorkspaceOption
from app.display.answers import show_answer
from app.library import open_endpoints, open_library
from app.workspace.workspace import Workspace, find_workspace, workspace_option
from pipeline.answer import Turn
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

if TYPE_CHECKING:
    from pipeline.answerer import Answerer


@contextmanager
def opened_answerer(
    root: Path | None, version: str | None, folder: Path | None = None
) -> Iterator["Answerer"]:
    """Open a Version of a workspace, or the one in a folder; its endpoints close at the end.

    Args:
        root: As the option gives it; None for the one that this folder lies in.
        version: The start of an id, `champion`, or None for the last built.
        folder: Where a Version lies by itself; a workspace is not needed then.

    Raises:
        VersionError: there is no such Version, or it is broken.
        PrerequisiteError: there is no workspace, none is built in it, or a variable that the
            Version's language model needs is not set.
        ParamsError: a folder and the id of another Version are given.
    """
    if folder is not None:
        if version is not None:
            raise ParamsError("--folder names the Version already; leave --version out")
        with _in_folder(folder, root) as answerer:
            yield answerer
        return
    workspace = find_workspace(root)
    if version is not None:
        with open_library(workspace) as library:
            yield library.answerer(library.resolve(version))
        return
    from pipeline.answerer import open_answerer

    if workspace.version is None:
        raise PrerequisiteError(f"no Version is built in {workspace.root} yet; run `winnow run`")
    # This needs no ledger: dvc.lock names the Version.
    with closing(open_endpoints(workspace)) as endpoints:
        yield open_answerer(VersionStore(workspace.cache).open(workspace.version), endpoints)


@contextmanager
def _in_folder(folder: Path, root: Path | None) -> Iterator["Answerer"]:
    """Open the Version in a folder; a workspace, where there is one, limits what it may spend."""
    from pipeline.answerer import open_answerer
    from pipeline.versions.version import open_version_folder

    if not folder.is_dir():
        raise VersionError(
            f"there is no folder {folder}; fetch a Version into it with "
            f"`winnow fetch ID --remote URL --to {folder}`"
        )
    with closing(_endpoints(root)) as endpoints:
        yield open_answerer(open_version_folder(folder), endpoints)


def _endpoints(root: Path | None) -> Endpoints:
    try:
        return open_endpoints(find_workspace(root))
    except PrerequisiteError:
        if root is not None:
            raise
        # What is learned of a model's endpoint has to be kept somewhere.
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Endpoints(os.environ, Path(cache) / "winnow")


QuestionArgument = Annotated[str, typer.Argument(help="What you want to know.")]


def ask(
    question: QuestionArgument,
    version: VersionOption = None,
    root: WorkspaceOption = None,
    folder: FolderOption = None,
) -> None:
    """Answer a question from a Version, citing its passages."""
    if not question.strip():
        raise DataError("the question is empty; write one in quotes")
    with opened_answerer(root, version, folder) as answerer:
        show_answer(Console(highlight=False), answerer.stream(question))


def how_to_ask(workspace: Workspace) -> str:
    """Return the command that asks the Version of a workspace, from where the user is."""
    return f'ask it: winnow ask{workspace_option(workspace)} "your question"'


_PROMPT = "> "


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
    with opened_answerer(root, version, folder) as answerer:
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
