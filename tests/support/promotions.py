"""A workspace with promotions in it: Versions in DVC's cache and at a remote, and receipts."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.promotion.receipts import ReceiptWriter
from app.storage.remote import open_remote
from app.storage.version_objects import version_objects
from app.workspace.workspace import Workspace
from eval.gate.verdict import Finding, Verdict
from eval.ledger.ledger import Ledger
from eval.receipts.chain import read_receipts, receipt_name, signature_name, verdict_name
from eval.receipts.receipt import Receipt, ReceiptVerdict, canonical_json, sha256
from eval.receipts.signature import SigningKey
from tests.support.gates import make_record, make_scorecard
from tests.support.receipts import a_receipt

FINDING = Finding(
    metric="recall",
    rule="margin",
    outcome="pass",
    limit=0.02,
    slice=None,
    candidate=0.8,
    baseline=0.7,
    difference=0.1,
    low=0.05,
    high=0.15,
    p_worse=0.99,
    paired=40,
    unpaired={"failed": 1},
    detectable=0.03,
    needed=None,
    higher_is_better=True,
    reason="no worse",
)


@dataclass(frozen=True, slots=True)
class PromotedWorkspace:
    """A workspace, its remote's folder, and the ledger that holds the chain."""

    workspace: Workspace
    remote: Path
    ledger: Ledger

    def promote(self, name: str, key: SigningKey | None = None, **changes: Any) -> Receipt:
        """Promote, without a gate, a Version whose files hold that name."""
        version, files = self.build(name)
        self.record(version)
        receipts = read_receipts(self.ledger)
        before = receipts[-1] if receipts else None
        verdict = verdict_of(version, before.to if before else None)
        fields = {
            "verdict": receipt_verdict(verdict),
            "files": {name: sha256(content) for name, content in files.items()},
            "remote": str(self.remote),
        }
        receipt = a_receipt(version, before, **{**fields, **changes})
        return self._append(receipt, key, canonical_json(asdict(verdict)))

    def roll_back(self, key: SigningKey | None = None) -> Receipt:
        """Go back to the champion before."""
        *_, back, last = read_receipts(self.ledger)
        kind = {"kind": "rollback", "grounds": "rollback"}
        return self._append(a_receipt(back.to, last, **kind, files=back.files), key)

    def _append(
        self, receipt: Receipt, key: SigningKey | None, verdict: bytes | None = None
    ) -> Receipt:
        with open_remote(self.workspace) as remote:
            assert remote is not None
            if receipt.kind == "promotion":
                remote.upload(version_objects(self.workspace, receipt.to).digests)
            writer = ReceiptWriter(self.workspace, self.ledger, remote, {}, lambda *_: None)
            return writer.append(receipt, key, verdict)

    def copied(self, folder: Path, ledger: Ledger | None = None) -> "PromotedWorkspace":
        """Return a copy of everything in an empty folder; of a ledger in files give its copy."""
        shutil.copytree(self.workspace.root.parent, folder, dirs_exist_ok=True)
        workspace = Workspace(folder / self.workspace.root.name)
        return PromotedWorkspace(workspace, folder / "remote", ledger or deepcopy(self.ledger))

    def build(self, name: str) -> tuple[str, dict[str, bytes]]:
        """Put a Version and the folder of its one stage into DVC's cache."""
        chunks = self.keep({"chunks.parquet": f"chunks of {name}".encode()})
        manifest = json.dumps({"outputs": {"chunk": chunks}}).encode()
        files = {"manifest.json": manifest, "vectors.faiss": name.encode() * 10}
        return self.keep(files), files

    def record(self, version: str) -> None:
        self.ledger.record(make_record(self.workspace.root / "made", make_scorecard(version)))

    def keep(self, files: Mapping[str, bytes]) -> str:
        rows = [{"md5": self._keep(files[name]), "relpath": name} for name in sorted(files)]
        return self._keep(json.dumps(rows, sort_keys=True).encode(), ".dir")

    def _keep(self, content: bytes, ending: str = "") -> str:
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest() + ending
        path = self.object(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(content)
            path.chmod(0o444)
        return digest

    def object(self, digest: str) -> Path:
        """Where DVC's cache holds an object."""
        return self.workspace.cache / "files" / "md5" / digest[:2] / digest[2:]

    def file(self, version: str, name: str) -> Path:
        """Where DVC's cache holds a file of a Version."""
        rows = json.loads(self.object(version).read_bytes())
        return self.object({row["relpath"]: row["md5"] for row in rows}[name])

    def copy(self, name: str) -> Path:
        """Where the remote holds the copy of a file of the chain."""
        return self.remote / "winnow" / name


def make_promoted_workspace(root: Path, ledger: Ledger) -> PromotedWorkspace:
    """Lay out a workspace outside git, whose default remote is a folder beside it."""
    (root / ".dvc").mkdir(parents=True)
    (root / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    lines = (
        "[core]",
        "no_scm = True",
        "remote = store",
        "['remote \"store\"']",
        "url = ../../remote",
    )
    (root / ".dvc" / "config").write_text("\n".join(lines), encoding="utf-8")
    remote = root.parent / "remote"
    remote.mkdir()
    return PromotedWorkspace(Workspace(root), remote, ledger)


def verdict_of(candidate: str, baseline: str | None) -> Verdict:
    return Verdict("pass", candidate, baseline, (FINDING,), (), ("a note",))


def receipt_verdict(verdict: Verdict) -> ReceiptVerdict:
    digest = sha256(canonical_json(asdict(verdict)))
    return ReceiptVerdict(
        outcome=verdict.outcome,
        baseline=verdict.baseline,
        findings=verdict.findings,
        notes=verdict.notes,
        hash=digest,
    )


def attached(receipt: Receipt, verdict: Verdict | None, key: SigningKey | None) -> dict[str, bytes]:
    """Return the files that belong to a receipt, as they lie beside the chain."""
    files = {receipt_name(receipt.hash): receipt.content}
    if key is not None:
        files[signature_name(receipt.hash)] = key.sign(receipt.content)
    if receipt.verdict is not None and verdict is not None:
        files[verdict_name(receipt.verdict.hash)] = canonical_json(asdict(verdict))
    return files
