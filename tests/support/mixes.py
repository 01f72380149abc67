import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.storage.version_objects import version_objects
from app.workspace.workspace import Workspace
from eval.blame.remeasurement import Remeasurement
from eval.blame.version_mix import VersionMix
from eval.cases.case import Case, Evidence
from eval.gate.verdict import CaseDifference
from eval.params import ScoreParams
from pipeline.versions.store import VersionStore, object_path
from pipeline.versions.version import Version
from tests.support.corpus import stored_documents
from tests.support.versions import build_version


def changed_version(version: Version, **sections: dict[str, Any]) -> Version:
    """Change keys of `retrieval` and `generation`, and of the params that built the files."""
    manifest = version.manifest
    update: dict[str, Any] = {
        name: getattr(manifest, name).model_copy(update=sections.pop(name))
        for name in ("retrieval", "generation")
        if name in sections
    }
    params = {name: {**manifest.params[name], **keys} for name, keys in sections.items()}
    changed = manifest.model_copy(update={**update, "params": {**manifest.params, **params}})
    return replace(version, id=f"{version.id} changed", manifest=changed)


Changes = dict[str, dict[str, Any]]

BASELINE: Changes = {
    "chunk": {"size": 24},
    "retrieval": {"mode": "dense", "top_k": 2},
    "generation": {"sentences": 1, "threshold": 0.1},
}
HARMLESS: dict[str, Changes] = {
    "chunk": {"chunk": {"breakpoint": 70.0}},
    "embed": {"index": {"part": 5}},
    "retrieve": {"retrieval": {"candidates": 40}},
    "generate": {"generation": {"history": 400}},
}
"""A change of each stage that costs no Case anything; `ingest` gets one more Document."""
WORSE: dict[str, Changes] = {
    "chunk": {"chunk": {"method": "document"}},
    "embed": {"encoder": {"max_tokens": 4}},
    "retrieve": {"retrieval": {"documents": ["warranty.md"]}},
    "generate": {"generation": {"threshold": 1.0}},
}
"""A change of each stage that costs; `ingest` gets a Document that says something else."""

SCORE = ScoreParams.model_validate(
    {
        "budget": 120,
        "k": 2,
        "metrics": ("token_f1",),
        "encoder": "all-MiniLM-L6-v2",
        "fuzzy": 90.0,
        "confidence": 0.95,
        "resamples": 100,
        "seed": 7,
    }
)
DEPTH = 1000


def _case(name: str, question: str, answer: str, document: str, quote: str | None = None) -> Case:
    evidence = (Evidence(document=document, quote=quote),)
    return Case(id=name, question=question, answer=answer, answerable=True, evidence=evidence)


CASES = (
    _case(
        "hub",
        "What does the hub show while it looks for the network?",
        "A blue light.",
        "notes.txt",
        "The hub shows a blue light",
    ),
    _case(
        "error",
        "What does error E-4471 mean?",
        "The return line of the pump is frozen.",
        "notes.txt",
    ),
    _case(
        "filter",
        "How often is the filter cleaned?",
        "Every three months with warm water.",
        "maintenance.docx",
        "Clean the filter every three months",
    ),
)


def grown_corpus(corpus: Path, folder: Path, *, worse: bool) -> Path:
    """Copy the corpus with a Document more, and where it is to be worse, with another error."""
    shutil.copytree(corpus, folder)
    (folder / "colours.txt").write_text("The housing is grey.\n", encoding="utf-8")
    if worse:
        notes = (folder / "notes.txt").read_text(encoding="utf-8")
        changed = notes.replace("the return line of the pump is frozen", "somebody rang the bell")
        (folder / "notes.txt").write_text(changed, encoding="utf-8")
    return folder


def merged(*changes: Changes) -> Changes:
    """Merge changes of settings, the last one first."""
    sections = {name for each in changes for name in each}
    return {
        name: {key: value for each in changes for key, value in each.get(name, {}).items()}
        for name in sections
    }


class Bench:
    """Builds Versions once for each name, and mixes and measures them."""

    def __init__(self, corpus: Path, folder: Path, encoders: Path) -> None:
        self._corpus = corpus
        self._folder = folder
        self._encoders = encoders
        self._built: dict[str, tuple[Version, Path]] = {}

    def build(self, name: str, *changes: Changes, raw: Path | None = None) -> Version:
        """Build a Version of the baseline's settings with changes."""
        if name not in self._built:
            work = self._folder / name
            settings = merged(BASELINE, *changes)
            version = build_version(raw or self._corpus, work, self._encoders, settings)
            self._built[name] = (version, work)
        return self._built[name][0]

    def worse_in(self, stage: str) -> Version:
        """Build a candidate that differs in all stages, and that one of them makes worse."""
        raw = self._folder / f"raw {stage}"
        if not raw.exists():
            grown_corpus(self._corpus, raw, worse=stage == "ingest")
        harmless = [HARMLESS[each] for each in HARMLESS if each != stage]
        return self.build(stage, *harmless, WORSE.get(stage, {}), raw=raw)

    @property
    def outputs(self) -> VersionStore:
        """What `ingest` wrote for all that was built."""
        works = [work for _, work in self._built.values()]
        return stored_documents(self._folder / "cache", *works)

    @property
    def remeasure(self) -> Remeasurement:
        """Scores without a judge."""
        return Remeasurement(self.outputs, CASES, (), SCORE, DEPTH)

    def mix(self, baseline: Version, candidate: Version) -> VersionMix:
        """Mix two of them."""
        return VersionMix(baseline, candidate, self.outputs, self._folder / "scratch")

    def differences(
        self, baseline: Version, candidate: Version, *metrics: str
    ) -> list[CaseDifference]:
        """Score both and compare, every metric better where it is higher."""
        wanted = {case.id: frozenset(metrics) for case in CASES}
        old, new = (self.remeasure(version, wanted) for version in (baseline, candidate))
        return [
            CaseDifference(
                *key, candidate=new[key], baseline=old[key], difference=new[key] - old[key]
            )
            for key in sorted(old.keys() & new.keys())
        ]


def vary(workspace: Workspace, version: str, **retrieval: object) -> str:
    """Change settings of retrieval in a Version's manifest; return the id of what that makes."""
    files = dict(version_objects(workspace, version).files)
    manifest = json.loads(object_path(workspace.cache, files["manifest.json"]).read_bytes())
    manifest["retrieval"] |= retrieval
    files["manifest.json"] = _keep(workspace, json.dumps(manifest, sort_keys=True).encode())
    rows = [{"md5": files[name], "relpath": name} for name in sorted(files)]
    return _keep(workspace, json.dumps(rows, sort_keys=True).encode(), ".dir")


def _keep(workspace: Workspace, content: bytes, ending: str = "") -> str:
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest() + ending
    path = object_path(workspace.cache, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return digest
