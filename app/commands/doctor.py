"""`winnow doctor`: is the project whole, and what a broken promotion left to complete."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import WorkspaceOption
from app.diagnosis import (
    Diagnosis,
    diagnose_cache,
    diagnose_challenger,
    diagnose_champion,
    diagnose_champion_here,
    diagnose_copies,
    diagnose_files,
    diagnose_leftovers,
    diagnose_lock,
    diagnose_records,
    diagnose_tags,
    diagnose_uploads,
    fine,
    unknown,
    wrong,
)
from app.promotion.verification import receipt_copies, unknown_receipts
from app.workspace.reproduction import is_broken
from app.workspace.workspace import Workspace, find_workspace
from eval.ledger.ledger import Ledger
from eval.receipts.chain import read_receipts, standing
from eval.receipts.receipt import Receipt
from pipeline.errors import LedgerError, PrerequisiteError, RemoteError, WinnowError

if TYPE_CHECKING:
    from app.storage.remote import DvcRemote


@dataclass(frozen=True, slots=True)
class Examination:
    """What is examined: a workspace, its ledger, and its remote or why there is none to ask."""

    workspace: Workspace
    ledger: Ledger
    remote: "DvcRemote | None"
    away: str | None = None
    """Why the configured remote could not be opened."""

    def diagnoses(self) -> Iterator[Diagnosis]:
        """Yield each diagnosis when it is asked for: a repair is seen by those that follow."""
        yield diagnose_lock(self.workspace)
        yield from self._of_remote()
        try:
            links = self.ledger.chain()
            yield fine("ledger", "can be read")
        except LedgerError as error:
            yield wrong("ledger", str(error))
            yield unknown("chain", "no receipt can be read, so what belongs to them neither")
            yield from diagnose_cache(self.workspace, None)
            return
        yield from self._of_chain(len(links))

    def _of_remote(self) -> Iterator[Diagnosis]:
        if self.away is not None:
            yield wrong("remote", f"{self.away}; nothing there was looked at")
        elif self.remote is None:
            yield unknown(
                "remote",
                "none is configured, so receipts and Versions are kept here alone; add one with "
                "`dvc remote add -d NAME URL`",
            )
        else:
            yield fine("remote", f"{self.remote.url} can be listed")

    def _of_chain(self, count: int) -> Iterator[Diagnosis]:
        try:
            copies = list(receipt_copies(self.ledger, self.remote))
            yield from diagnose_files(self.ledger, copies)
            receipts = read_receipts(self.ledger)
            champions = standing(receipts)
        except WinnowError as error:
            yield wrong("chain", str(error))
            yield unknown("aliases, tags and copies", "the chain that decides them cannot be read")
            yield from diagnose_cache(self.workspace, None)
            return
        yield fine("chain", f"{count} receipts, each in its place")
        yield from self._of_ledger(receipts)
        yield from self._of_objects(receipts, champions)

    def _of_ledger(self, receipts: list[Receipt]) -> Iterator[Diagnosis]:
        yield from diagnose_records(self.ledger, receipts)
        yield diagnose_champion(self.ledger)
        yield diagnose_challenger(self.ledger)
        yield diagnose_leftovers(self.ledger, receipts)

    def _of_objects(self, receipts: list[Receipt], champions: list[str]) -> Iterator[Diagnosis]:
        champion = champions[-1] if champions else None
        yield from diagnose_cache(self.workspace, champion)
        yield diagnose_champion_here(self.workspace, champion, self.remote)
        if is_broken(self.workspace):
            yield unknown("git tags and objects at the remote", "dvc.lock must be repaired first")
            return
        versions = list(dict.fromkeys(receipt.to for receipt in receipts))
        yield from diagnose_tags(self.workspace, versions, self.remote)
        if self.remote is None:
            return
        try:
            copies = list(receipt_copies(self.ledger, self.remote))
            unknown_ones = unknown_receipts(self.ledger, self.remote)
            yield from diagnose_copies(self.remote, copies, unknown_ones)
            yield from diagnose_uploads(
                self.workspace, list(dict.fromkeys(reversed(champions))), self.remote
            )
        except RemoteError as error:
            yield wrong("remote", str(error))


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
        for diagnosis in Examination(workspace, ledger, remote, away).diagnoses():
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
