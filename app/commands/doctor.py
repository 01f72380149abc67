"""`winnow doctor`: is the project whole, and what a broken promotion left to complete."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import WorkspaceOption
from app.diagnosis import Diagnosis, diagnose
from app.workspace.workspace import Workspace, find_workspace
from pipeline.errors import PrerequisiteError, RemoteError, WinnowError

if TYPE_CHECKING:
    from app.storage.remote import DvcRemote

RepairOption = Annotated[
    bool, typer.Option("--repair", help="Repair what can be repaired; nothing is changed without.")
]
_COLOURS = {"fine": typer.colors.GREEN, "wrong": typer.colors.RED, "unknown": typer.colors.YELLOW}
_WIDTH = 9


def doctor(repair: RepairOption = False, root: WorkspaceOption = None) -> None:
    """Examine the ledger, its receipts, the remote and the cache; exit 1 if something is wrong.

    What cannot be looked at is `unknown`, which is no fault where no remote or git is set up.
    """
    from eval.ledger.mlflow_ledger import ledger_at

    workspace = find_workspace(root)
    ledger = ledger_at(workspace.root, os.environ)
    left = 0
    with _remote(workspace) as (remote, away):
        for diagnosis in diagnose(workspace, ledger, remote, away):
            _say(diagnosis.state, diagnosis.part, _advice(diagnosis, repair))
            if diagnosis.state == "wrong":
                left += not (repair and _repaired(diagnosis))
    if left:
        raise typer.Exit(1)


@contextmanager
def _remote(workspace: Workspace) -> "Iterator[tuple[DvcRemote | None, str | None]]":
    """Open the default remote; a reason comes in its place where it is away."""
    from app.storage.remote import open_remote

    with ExitStack() as stack:
        away = None
        try:
            remote = stack.enter_context(open_remote(workspace))
            if remote is not None:
                remote.names("receipts")
        except (PrerequisiteError, RemoteError) as error:
            remote, away = None, str(error)
        yield remote, away


def _advice(diagnosis: Diagnosis, repairing: bool) -> str:
    if diagnosis.repair is None or repairing:
        return diagnosis.said
    return f"{diagnosis.said}; --repair {diagnosis.repair.does}"


def _repaired(diagnosis: Diagnosis) -> bool:
    if diagnosis.repair is None:
        return False
    try:
        diagnosis.repair.act()
    except (WinnowError, OSError) as error:
        _say("wrong", diagnosis.part, f"could not be repaired: {error}")
        return False
    _say("repaired", diagnosis.part, f"--repair {diagnosis.repair.does}")
    return True


def _say(state: str, part: str, said: str) -> None:
    typer.secho(state.ljust(_WIDTH), fg=_COLOURS.get(state, typer.colors.GREEN), nl=False)
    typer.echo(f"{part}: {said}")
