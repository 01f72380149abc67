"""`winnow ask`: one question to one Version."""

from typing import Annotated

import typer
from rich.console import Console

from app.live_answer import show_answer
from app.options import FolderOption, VersionOption, WorkspaceOption
from app.version_choice import opened_answerer
from app.workspace import Workspace, workspace_option
from pipeline.errors import DataError

QuestionArgument = Annotated[str, typer.Argument(help="What you want to know.")]


def ask(
    question: QuestionArgument,
    version: VersionOption = None,
    workspace: WorkspaceOption = None,
    folder: FolderOption = None,
) -> None:
    """Answer a question from a Version, citing its passages."""
    if not question.strip():
        raise DataError("the question is empty; write one in quotes")
    with opened_answerer(workspace, version, folder) as answerer:
        show_answer(Console(highlight=False), answerer.stream(question))


def how_to_ask(place: Workspace) -> str:
    """Return the command that asks the Version of a workspace, from where the user is."""
    return f'ask it: winnow ask{workspace_option(place)} "your question"'
