"""`winnow rollback`: the champion before is champion again."""

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated

import typer

from app.catalogue import open_library
from app.commands.promote import UploadOption
from app.dvc_remote import DvcRemote, open_remote
from app.options import WorkspaceOption
from app.rollback import Rollback
from app.step_text import tell_step
from app.workspace import Workspace, find_workspace

ToOption = Annotated[
    str | None,
    typer.Option("--to", metavar="ID", help="An earlier champion; the one before by default."),
]
ReasonOption = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Why; the receipt keeps it.")
]


def rollback(
    to: ToOption = None,
    reason: ReasonOption = None,
    upload: UploadOption = True,
    workspace: WorkspaceOption = None,
) -> None:
    """Make the champion before champion again, with a receipt and without judging it anew.

    Its files must be at hand, in DVC's cache or at the remote, and be those that were promoted.
    """
    place = find_workspace(workspace)
    with open_library(place) as library, _remote(place, upload) as remote:
        again = Rollback(place, library.ledger, remote, os.environ, tell_step)
        if again.carry_out(to, reason) is None:
            typer.echo(f"{library.champion()} is champion already: nothing to do")


def _remote(place: Workspace, upload: bool) -> AbstractContextManager[DvcRemote | None]:
    return open_remote(place) if upload else nullcontext()
