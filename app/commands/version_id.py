"""`winnow id`: the whole id that a name means."""

from typing import Annotated

import typer

from app.catalogue import open_library
from app.options import WorkspaceOption
from app.workspace import find_workspace

NameArgument = Annotated[
    str,
    typer.Argument(help="champion, challenger, an experiment's name, or the start of an id."),
]


def version_id(name: NameArgument, workspace: WorkspaceOption = None) -> None:
    """Print the whole id of a Version, for scripts and for `winnow fetch`."""
    with open_library(find_workspace(workspace)) as library:
        typer.echo(library.resolve(name))
