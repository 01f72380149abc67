"""`winnow ask`: one question to one Version."""

from typing import Annotated

import typer
from rich.console import Console

from app.answer_text import answer_text
from app.catalogue import open_library
from app.options import WorkspaceOption
from app.workspace import find_workspace
from pipeline.errors import DataError, PrerequisiteError

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
    library = open_library(place)
    chosen = library.resolve(version) if version else place.version
    if chosen is None:
        raise PrerequisiteError("no Version is built here yet; run `winnow run`")
    answer = library.answerer(chosen).answer(question)
    Console(highlight=False).print(answer_text(answer), soft_wrap=True)
