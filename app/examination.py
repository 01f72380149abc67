"""Examination: every diagnosis of a project, in the order in which they can be repaired."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.diagnosis import Diagnosis, fine, unknown, wrong
from app.ledger_diagnosis import (
    diagnose_challenger,
    diagnose_champion,
    diagnose_copies,
    diagnose_files,
    diagnose_leftovers,
    diagnose_records,
)
from app.lock_repair import is_broken
from app.object_diagnosis import (
    diagnose_cache,
    diagnose_champion_here,
    diagnose_lock,
    diagnose_tags,
    diagnose_uploads,
)
from app.receipt_copy import receipt_copies, unknown_receipts
from app.workspace import Workspace
from eval.ledger import Ledger
from eval.receipt import Receipt
from eval.receipt_chain import read_receipts, standing
from pipeline.errors import LedgerError, RemoteError, WinnowError

if TYPE_CHECKING:
    from app.dvc_remote import DvcRemote


@dataclass(frozen=True, slots=True)
class Examination:
    """What is examined: a workspace, its ledger, and its remote or why there is none to ask."""

    place: Workspace
    ledger: Ledger
    remote: "DvcRemote | None"
    away: str | None = None
    """Why the configured remote could not be opened."""

    def diagnoses(self) -> Iterator[Diagnosis]:
        """Yield each diagnosis when it is asked for: a repair is seen by those that follow."""
        yield diagnose_lock(self.place)
        yield from self._of_remote()
        try:
            links = self.ledger.chain()
            yield fine("ledger", "can be read")
        except LedgerError as error:
            yield wrong("ledger", str(error))
            yield unknown("chain", "no receipt can be read, so what belongs to them neither")
            yield from diagnose_cache(self.place, None)
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
            yield from diagnose_cache(self.place, None)
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
        yield from diagnose_cache(self.place, champion)
        yield diagnose_champion_here(self.place, champion, self.remote)
        if is_broken(self.place):
            yield unknown("git tags and objects at the remote", "dvc.lock must be repaired first")
            return
        versions = list(dict.fromkeys(receipt.to for receipt in receipts))
        yield from diagnose_tags(self.place, versions, self.remote)
        if self.remote is None:
            return
        try:
            copies = list(receipt_copies(self.ledger, self.remote))
            unknown_ones = unknown_receipts(self.ledger, self.remote)
            yield from diagnose_copies(self.remote, copies, unknown_ones)
            yield from diagnose_uploads(
                self.place, list(dict.fromkeys(reversed(champions))), self.remote
            )
        except RemoteError as error:
            yield wrong("remote", str(error))
