"""GarbageCollection: what nothing needs leaves DVC's cache and, where asked, its remote."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.dvc_remote import DvcRemote
from app.garbage import Garbage, find_garbage
from app.held_objects import FOLDER, HeldObjects, object_path
from app.needed_objects import Wanted, needed_objects
from app.run_entries import forget_runs
from app.undisturbed_dvc import undisturbed_dvc
from app.workspace import Workspace
from eval.ledger import Ledger
from eval.receipt_chain import receipt_name
from eval.recording import SCORECARD
from pipeline.artifact import read_json
from pipeline.errors import ArtifactError, PrerequisiteError


@dataclass(frozen=True, slots=True)
class Findings:
    """What may go from the cache and from the remote, with the size of each object."""

    cache: Garbage
    remote: Garbage
    sizes: Mapping[str, int]


class GarbageCollection:
    """Finds what no Version that must stay needs, and removes what was found.

    A place that several share loses only Versions that this ledger knows.
    """

    def __init__(
        self,
        place: Workspace,
        ledger: Ledger,
        wanted: Wanted,
        remote: DvcRemote | None = None,
        *,
        shared: bool = False,
    ) -> None:
        """Take where to look; nothing is read yet.

        Args:
            place: Its cache is cleaned.
            ledger: Says which Versions are or were champion.
            wanted: What else must stay.
            remote: Is cleaned as well.
            shared: Whether other projects may keep Versions in the cache, too.
        """
        self._place = place
        self._ledger = ledger
        self._wanted = wanted
        self._remote = remote
        self._shared = shared

    def find(self) -> Findings:
        """Find what may go.

        Raises:
            LedgerError: the ledger, its chain or a receipt cannot be read.
            RemoteError: the remote cannot be listed or read.
            VersionError: what a needed Version holds cannot be known.
            PrerequisiteError: a run is at work, or the remote has another ledger's receipts.
        """
        with undisturbed_dvc(self._place) as repo:
            needed = needed_objects(repo, self._ledger, self._wanted)
            self._check_receipts()
            return self._find(needed)

    def remove(self, shown: Findings) -> Findings:
        """Remove what was shown and still is garbage, and return that.

        Listings go first, as with DVC, which takes a folder that is listed at a remote for whole.
        What is left where this is ended early no longer belongs to any folder: `dvc gc` finds it.
        """
        with undisturbed_dvc(self._place) as repo:
            found = self._find(needed_objects(repo, self._ledger, self._wanted))
            cache, remote = shown.cache.also(found.cache), shown.remote.also(found.remote)
            if self._remote is not None and remote.digests:
                self._remote.remove(remote.digests)
            for digest in sorted(cache.digests, key=lambda each: not each.endswith(FOLDER)):
                object_path(self._place.cache, digest).unlink(missing_ok=True)
            forget_runs(self._place.cache, cache.digests)
            self._forget_measurements(cache)
        return Findings(cache, remote, found.sizes)

    def _find(self, needed: frozenset[str]) -> Findings:
        held = HeldObjects(self._place.cache, self._remote)
        known = frozenset(each.scorecard.version for each in self._ledger.records())
        far = find_garbage(held, needed, known) if self._remote else Garbage()
        near = far if self._remote and self._shared else find_garbage(
            held, needed, known if self._shared else None
        )  # fmt: skip
        sizes = {**held.remote, **held.cached}
        return Findings(near.among(held.cached), far.among(held.remote), sizes)

    def _check_receipts(self) -> None:
        """Raise where the remote serves another ledger than ours: that one's champions are here."""
        if self._remote is None:
            return
        ours = {receipt_name(link.receipt).partition(".")[0] for link in self._ledger.chain()}
        there = self._remote.names("receipts")
        if strange := [name for name in there if name.partition(".")[0] not in ours]:
            raise PrerequisiteError(
                f"{self._remote.url} holds {len(strange)} receipts that the ledger's chain lacks, "
                f"such as {strange[0]}: name the ledger that they are of in MLFLOW_TRACKING_URI, "
                "or collect the garbage of the cache alone"
            )

    def _forget_measurements(self, cache: Garbage) -> None:
        """Remove what the gate measured here of Versions that are gone."""
        for folder in _folders(self._place.scratch / "gate"):
            try:
                version = read_json(folder / SCORECARD)["version"]
            except (ArtifactError, TypeError, KeyError):
                continue
            if version in cache.versions:
                shutil.rmtree(folder)


def _folders(path: Path) -> list[Path]:
    return [each for each in path.iterdir() if each.is_dir()] if path.is_dir() else []
