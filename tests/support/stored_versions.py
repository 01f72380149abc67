import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from dvc.repo import Repo
from dvc_data.hashfile.build import build
from dvc_data.hashfile.transfer import transfer

from app.storage.remote import open_remote
from app.storage.version_objects import folder_files, version_objects
from app.workspace.workspace import Workspace
from eval.ledger.ledger import Record
from eval.receipts.chain import read_receipts
from eval.receipts.receipt import Receipt
from pipeline.files import folder_files as files_below
from pipeline.files import hash_file
from pipeline.versions.store import object_path
from tests.fakes import MemoryLedger
from tests.support.gates import make_record, make_scorecard
from tests.support.mixes import vary
from tests.support.receipts import a_receipt, append
from tests.support.remotes import push_folder, write_remotes


@dataclass(frozen=True, slots=True)
class ServedVersions:
    """A workspace outside git whose remote is a folder, and a ledger in memory."""

    workspace: Workspace
    ledger: MemoryLedger

    def vary(self, version: str, **retrieval: object) -> str:
        """Make another Version and store it at the remote."""
        other = vary(self.workspace, version, **retrieval)
        with open_remote(self.workspace) as remote:
            assert remote is not None
            remote.upload(version_objects(self.workspace, other).digests)
        return other

    def promote(self, version: str) -> Receipt:
        """Append the receipt of a promotion."""
        receipts = read_receipts(self.ledger)
        files = folder_files(self.workspace, version)
        self.ledger.record(make_record(self.workspace.root / "made", make_scorecard(version)))
        shas = {name: hash_file(path) for name, path in files.items()}
        outputs = version_objects(self.workspace, version).outputs
        changes = {"files": shas, "outputs": outputs, "remote": "somewhere"}
        return append(
            self.ledger, a_receipt(version, receipts[-1] if receipts else None, **changes)
        )


def serve_version(root: Path, version_folder: Path) -> tuple[ServedVersions, str]:
    """Lay a workspace out that holds one Version, in its cache and at its remote."""
    workspace = Workspace(root / "here")
    (workspace.root / ".dvc").mkdir(parents=True)
    (workspace.root / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    write_remotes(workspace, "store", {"store": {"url": str(root / "remote")}})
    files = {name: path.read_bytes() for name, path in files_below(version_folder).items()}
    version = push_folder(root / "remote", files)
    outputs = json.loads(files["manifest.json"])["outputs"]
    assert outputs
    folder_files(workspace, version)
    return ServedVersions(workspace, MemoryLedger()), version


_PIPELINE = {
    "package": "data/version",
    "answer": "data/answers",
    "score": "data/scorecard",
    "ingest": "data/documents",
}
ENCODER = {"encoder.json": "{}", "model.onnx": "weights", "tokenizer.json": "words"}


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A Version's id, the folders that its stages wrote, and those measured on it."""

    id: str
    outputs: Mapping[str, str]
    answers: str
    scorecard: str

    @property
    def record(self) -> Record:
        """A Record of it, as a ledger holds one."""
        return Record(self.id, make_scorecard(self.id), 0.0, {}, {})


class StoredVersions:
    """A workspace whose cache Versions are put into; none of them can answer."""

    def __init__(self, root: Path, *, git: bool = False) -> None:
        """Lay the workspace out, unless it is there."""
        self.workspace = Workspace(root)
        if (root / ".dvc").is_dir():
            return
        root.mkdir(parents=True, exist_ok=True)
        Repo.init(str(root), no_scm=not git).close()
        stages = {stage: {"cmd": "true", "outs": [out]} for stage, out in _PIPELINE.items()}
        (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))

    def store(self, files: Mapping[str, str | bytes]) -> str:
        """Let DVC take a folder into its cache, and return its id; the folder goes again."""
        folder = self.workspace.root / "a folder"
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        repo = Repo(str(self.workspace.root))
        try:
            cache = repo.cache.local
            staged, _, found = build(cache, str(folder), repo.fs, "md5")
            transfer(staged, cache, {found.hash_info}, shallow=False)
        finally:
            repo.close()
        shutil.rmtree(folder)
        return str(found.hash_info.value)

    def version(self, name: str, documents: str = "documents") -> StoredVersion:
        """Store a Version with its stages' outputs, answers and Scorecard."""
        parts = {
            "ingest": {"documents.parquet": documents},
            "chunk": {"chunks.parquet": f"chunks of {name}"},
            "embed": {"embeddings.npy": f"vectors of {name}"},
            "index": {"vectors.faiss": f"index of {name}", "lexical/lexical.json": name},
        }
        outputs = {stage: self.store(files) for stage, files in parts.items()}
        self.store(ENCODER)
        version = self.store(
            {
                "manifest.json": json.dumps({"name": name, "outputs": outputs}),
                **parts["chunk"],
                **parts["index"],
                **{f"encoder/{file}": text for file, text in ENCODER.items()},
            }
        )
        asked = {"answers.parquet": f"answers of {name}"}
        scored = {"scores.parquet": f"scores of {name}"}
        said = {"version": version}
        answers = self.store({**asked, "meta.json": json.dumps(said)})
        card = json.dumps({**said, "format": 2})
        scorecard = self.store({**scored, "scorecard.json": card, "plots/tag.json": name})
        return StoredVersion(version, outputs, answers, scorecard)

    def lock(self, version: StoredVersion) -> None:
        """Let dvc.lock name a Version, as if it was built last."""
        ids = {
            "package": version.id,
            "answer": version.answers,
            "score": version.scorecard,
            "ingest": version.outputs["ingest"],
        }
        stages = {
            stage: {"cmd": "true", "outs": [{"path": path, "hash": "md5", "md5": ids[stage]}]}
            for stage, path in _PIPELINE.items()
        }
        content = yaml.safe_dump({"schema": "2.0", "stages": stages})
        (self.workspace.root / "dvc.lock").write_text(content)

    def object(self, digest: str) -> Path:
        """Where the cache holds an object."""
        return object_path(self.workspace.cache, digest)

    def held(self, version: StoredVersion) -> set[str]:
        """Return which of a Version's folders have a listing in the cache."""
        named = {**version.outputs, "package": version.id}
        named |= {"answer": version.answers, "score": version.scorecard}
        return {name for name, folder in named.items() if self.object(folder).is_file()}
