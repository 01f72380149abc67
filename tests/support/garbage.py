"""Four Versions in a cache of their own and a ledger that knows them, for tests of `winnow gc`."""

import shutil
from copy import copy
from pathlib import Path
from typing import Self

from app.storage.collection import Findings, GarbageCollection
from app.storage.inventory import KeepRules
from app.storage.remote import DvcRemote
from pipeline.versions.store import VersionStore
from tests.fakes import MemoryLedger
from tests.support.receipts import a_receipt, append
from tests.support.stored_versions import StoredVersion, StoredVersions


class Trial:
    """Four Versions: a former champion, the champion, what was built last, and one that was tried.

    The last of the four shares its Documents with the former champion.
    """

    def __init__(self, root: Path, *, git: bool = False) -> None:
        self.stored = StoredVersions(root, git=git)
        self.first = self.stored.version("first", "old documents")
        self.champion = self.stored.version("champion")
        self.built = self.stored.version("built")
        self.tried = self.stored.version("tried", "old documents")
        self.raw = self.stored.store({"handbook.md": "what people brought"})
        self.stored.lock(self.built)
        self.ledger = self.recorded()

    def copied(self, root: Path) -> Self:
        shutil.copytree(self.stored.workspace.root, root)
        other = copy(self)
        other.stored, other.ledger = StoredVersions(root), self.recorded()
        return other

    def recorded(self) -> MemoryLedger:
        ledger = MemoryLedger()
        for version in (self.first, self.champion, self.built, self.tried):
            ledger.add(version.record)
        first = append(ledger, a_receipt(self.first.id, outputs=self.first.outputs))
        append(ledger, a_receipt(self.champion.id, first, outputs=self.champion.outputs))
        return ledger

    def collection(
        self,
        rules: KeepRules | None = None,
        remote: DvcRemote | None = None,
        *,
        shared: bool = False,
    ) -> GarbageCollection:
        asked = rules or KeepRules()
        return GarbageCollection(self.stored.workspace, self.ledger, asked, remote, shared=shared)

    def collect(self, rules: KeepRules | None = None, **options: bool) -> Findings:
        collection = self.collection(rules, **options)
        return collection.remove(collection.find())

    @property
    def objects(self) -> set[Path]:
        return {path for path in self.stored.workspace.cache.rglob("*") if path.is_file()}


def verified(trial: Trial, version: StoredVersion) -> None:
    """Read every file of a Version and of what belongs to it."""
    store = VersionStore(trial.stored.workspace.cache)
    for folder in (version.id, *version.outputs.values(), version.answers, version.scorecard):
        assert store.files(folder)
