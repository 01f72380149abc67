"""Promoted Versions that can be opened, in a workspace with a remote, for tests."""

import json
from dataclasses import dataclass
from pathlib import Path

from app.dvc_remote import open_remote
from app.remote_folder import folder_files
from app.version_objects import version_objects
from app.workspace import Workspace
from eval.receipt import Receipt
from eval.receipt_chain import read_receipts
from pipeline.digest import folder_files as files_below
from pipeline.digest import hash_file
from tests.configured_remote import write_remotes
from tests.fakes import MemoryLedger
from tests.made_receipt import a_receipt, append
from tests.pushed_folder import push_folder
from tests.scorecard_folder import make_entry, make_scorecard
from tests.varied_version import vary


@dataclass(frozen=True, slots=True)
class ServedVersions:
    """A workspace outside git whose remote is a folder, and a ledger in memory."""

    place: Workspace
    ledger: MemoryLedger

    def vary(self, version: str, **retrieval: object) -> str:
        """Make another Version and store it at the remote."""
        other = vary(self.place, version, **retrieval)
        with open_remote(self.place) as remote:
            assert remote is not None
            remote.upload(version_objects(self.place, other).digests)
        return other

    def promote(self, version: str) -> Receipt:
        """Append the receipt of a promotion."""
        receipts = read_receipts(self.ledger)
        files = folder_files(self.place, version)
        self.ledger.record(make_entry(self.place.root / "made", make_scorecard(version)))
        shas = {name: hash_file(path) for name, path in files.items()}
        outputs = version_objects(self.place, version).outputs
        changes = {"files": shas, "outputs": outputs, "remote": "somewhere"}
        return append(
            self.ledger, a_receipt(version, receipts[-1] if receipts else None, **changes)
        )


def serve_version(root: Path, version_folder: Path) -> tuple[ServedVersions, str]:
    """Lay a workspace out that holds one Version, in its cache and at its remote."""
    place = Workspace(root / "here")
    (place.root / ".dvc").mkdir(parents=True)
    (place.root / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    write_remotes(place, "store", {"store": {"url": str(root / "remote")}})
    files = {name: path.read_bytes() for name, path in files_below(version_folder).items()}
    version = push_folder(root / "remote", files)
    outputs = json.loads(files["manifest.json"])["outputs"]
    assert outputs
    folder_files(place, version)
    return ServedVersions(place, MemoryLedger()), version
