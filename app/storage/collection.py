"""Garbage collection: what nothing needs leaves DVC's cache and, where asked, its remote.

It holds DVC's lock meanwhile, and looks again before it removes what a person was shown.
"""

import json
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from app.storage.garbage import Garbage, find_garbage
from app.storage.inventory import Inventory, KeepRules, objects_to_keep
from app.storage.remote import DvcRemote, open_repository
from app.workspace.workspace import Workspace, load_yaml
from eval.ledger.ledger import Ledger
from eval.ledger.recording import SCORECARD
from eval.receipts.chain import receipt_name
from pipeline.errors import ArtifactError, PrerequisiteError
from pipeline.files import read_json
from pipeline.versions.store import FOLDER, object_path

if TYPE_CHECKING:
    from dvc.repo import Repo

_BUSY = "a run is at work in {workspace}; wait until it is done, then try again"
_DIGEST = re.compile(r"md5: (\S+)")


@dataclass(frozen=True, slots=True)
class Findings:
    """What may go from the cache and from the remote, with the size of each object."""

    cache: Garbage
    remote: Garbage
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class GarbageCollection:
    """Finds what no Version that must stay needs, and removes what was found.

    It cleans the workspace's cache and the remote, if one is given. Where the cache is `shared`
    with other projects, it loses only Versions that this ledger knows; the remote always does.
    """

    workspace: Workspace
    ledger: Ledger
    rules: KeepRules
    remote: DvcRemote | None = None
    shared: bool = False

    def find(self) -> Findings:
        """Find what may go.

        Raises:
            LedgerError: the ledger, its chain or a receipt cannot be read.
            RemoteError: the remote cannot be listed or read.
            VersionError: what a needed Version holds cannot be known.
            PrerequisiteError: a run is at work, or the remote has another ledger's receipts.
        """
        with _undisturbed(self.workspace) as repo:
            needed = objects_to_keep(repo, self.ledger, self.rules)
            self._check_receipts()
            return self._find(needed)

    def remove(self, shown: Findings) -> Findings:
        """Remove what was shown and still is garbage, and return that.

        Listings go first, as with DVC, which takes a folder that is listed at a remote for whole.
        What is left where this is ended early no longer belongs to any folder: `dvc gc` finds it.
        """
        with _undisturbed(self.workspace) as repo:
            found = self._find(objects_to_keep(repo, self.ledger, self.rules))
            cache, remote = shown.cache.also(found.cache), shown.remote.also(found.remote)
            if self.remote is not None and remote.digests:
                self.remote.remove(remote.digests)
            for digest in sorted(cache.digests, key=lambda each: not each.endswith(FOLDER)):
                object_path(self.workspace.cache, digest).unlink(missing_ok=True)
            _forget_runs(self.workspace.cache, cache.digests)
            self._forget_measurements(cache)
        return Findings(cache, remote, found.sizes)

    def _find(self, needed: frozenset[str]) -> Findings:
        there = Inventory(self.workspace.cache, self.remote)
        known = frozenset(each.scorecard.version for each in self.ledger.records())
        far = find_garbage(there, needed, known) if self.remote else Garbage()
        near = find_garbage(there, needed, known if self.shared else None)
        sizes = {**there.remote, **there.cached}
        return Findings(near.among(there.cached), far.among(there.remote), sizes)

    def _check_receipts(self) -> None:
        """Raise where the remote serves another ledger than ours: that one's champions are here."""
        if self.remote is None:
            return
        ours = {receipt_name(link.receipt).partition(".")[0] for link in self.ledger.chain()}
        there = self.remote.names("receipts")
        if strange := [name for name in there if name.partition(".")[0] not in ours]:
            raise PrerequisiteError(
                f"{self.remote.url} holds {len(strange)} receipts that the ledger's chain lacks, "
                f"such as {strange[0]}: name the ledger that they are of in MLFLOW_TRACKING_URI, "
                "or collect the garbage of the cache alone"
            )

    def _forget_measurements(self, cache: Garbage) -> None:
        """Remove what the gate measured here of Versions that are gone."""
        for scorecard in (self.workspace.scratch / "gate").glob(f"*/{SCORECARD}"):
            with suppress(ArtifactError, TypeError, KeyError):
                if read_json(scorecard)["version"] in cache.versions:
                    shutil.rmtree(scorecard.parent)


@contextmanager
def _undisturbed(workspace: Workspace) -> Iterator["Repo"]:
    """Open DVC's project and hold its lock, so that no run starts meanwhile.

    DVC lets go of that lock while a stage's own command runs; what the command reads and writes
    stands in a file beside it then. An experiment has both in its copy of the workspace.

    Raises:
        PrerequisiteError: a run or an experiment is at work, or DVC cannot open the project.
    """
    from dvc.lock import LockError, make_lock

    with chdir(workspace.root), open_repository(workspace) as repo:
        hard = repo.config["core"].get("hardlink_lock", False)
        try:
            with repo.lock:
                for folder in _copies(repo):
                    with make_lock(str(folder / "lock"), str(folder), hardlink_lock=hard):
                        _refuse_stages(folder)
                _refuse_stages(Path(str(repo.tmp_dir)))
                yield repo
        except LockError:
            raise PrerequisiteError(_BUSY.format(workspace=workspace.root)) from None


def _copies(repo: "Repo") -> Iterator[Path]:
    """Yield DVC's own folder in each copy of the workspace that an experiment made."""
    from dvc.scm import NoSCM

    if isinstance(repo.scm, NoSCM):
        return
    inside = Path(repo.root_dir).relative_to(Path(repo.scm.root_dir).resolve())
    aside = Path(str(repo.tmp_dir)) / "exps"
    for copy in (*aside.glob("tmp*"), *aside.glob("*/tmp*")):
        folder = copy / inside / ".dvc" / "tmp"
        if folder.is_dir():
            yield folder


def _refuse_stages(folder: Path) -> None:
    """Raise where a process that still runs holds something for a stage."""
    import psutil

    try:
        held = json.loads((folder / "rwlock").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except ValueError:
        raise PrerequisiteError(
            f"{folder / 'rwlock'} cannot be read; remove it if no run is at work"
        ) from None
    for infos in (*held.get("read", {}).values(), *held.get("write", {}).values()):
        for info in infos if isinstance(infos, list) else [infos]:
            if info and psutil.pid_exists(int(info["pid"])):
                raise PrerequisiteError(
                    _BUSY.format(workspace=f"{folder.parent.parent} (process {info['pid']})")
                )


def _forget_runs(cache: Path, removed: Collection[str]) -> None:
    """Remove the files of DVC's run cache that name an output among these digests.

    DVC would look them up, find the outputs missing and run the stage: they are only clutter. A
    file that cannot be read is left alone.
    """
    gone = frozenset(removed)
    for path in sorted((cache / "runs").glob("*/*/*")):
        if _names(path, gone):
            path.unlink(missing_ok=True)
            # DVC takes for granted that a run's folder holds something, and fails on an empty one.
            if not any(path.parent.iterdir()):
                path.parent.rmdir()


def _names(path: Path, gone: frozenset[str]) -> bool:
    try:
        text = path.read_text(encoding="utf-8")
        # A thousand lines, most of them of what the stage read: few need to be parsed.
        if not gone.intersection(_DIGEST.findall(text)):
            return False
        return any(each["md5"] in gone for each in load_yaml(text)["outs"])
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        return False
