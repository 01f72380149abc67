"""`winnow ask`: one question to one Version."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from app.answer_text import answer_text
from app.catalogue import open_library
from app.options import WorkspaceOption
from app.workspace import Workspace, find_workspace, workspace_option
from pipeline.errors import DataError, PrerequisiteError
from pipeline.version_store import VersionStore

if TYPE_CHECKING:
    from pipeline.answerer import Answerer

QuestionArgument = Annotated[str, typer.Argument(help="What you want to know.")]
VersionOption = Annotated[
    str | None,
    typer.Option("--version", help="Start of an id, or `champion`; the last built by default."),
]


def ask(
    question: QuestionArgument, version: VersionOption = None, workspace: WorkspaceOption = None
) -> None:
    """Answer a question from a Version, citing its passages."""
    if not question.strip():
        raise DataError("the question is empty; write one in quotes")
    place = find_workspace(workspace)
    answerer = _named(place, version) if version is not None else _built(place)
    Console(highlight=False).print(answer_text(answerer.answer(question)), soft_wrap=True)


def how_to_ask(place: Workspace) -> str:
    """Return the command that asks the Version of a workspace, from where the user is."""
    return f'ask it: winnow ask{workspace_option(place)} "your question"'


def _named(place: Workspace, version: str) -> "Answerer":
    library = open_library(place)
    return library.answerer(library.resolve(version))


def _built(place: Workspace) -> "Answerer":
    """Open the Version that dvc.lock names; this needs no ledger."""
    from pipeline.answerer import open_answerer

    if place.version is None:
        raise PrerequisiteError(f"no Version is built in {place.root} yet; run `winnow run`")
    return open_answerer(VersionStore(place.cache).open(place.version))
