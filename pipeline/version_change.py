"""Version change: the stages and settings in which two Versions differ, from their manifests."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from pipeline.manifest import Manifest, Setting

if TYPE_CHECKING:
    from pipeline.version import Version

Stage = Literal["ingest", "chunk", "embed", "retrieve", "generate"]
"""What makes an answer, in order; `embed` includes the indexes, `retrieve` the reranker."""

STAGES: tuple[Stage, ...] = get_args(Stage)

_STAGE_OF: dict[str, Stage] = {
    "ingest": "ingest",
    "ocr": "ingest",
    "cleaning": "ingest",
    "chunk": "chunk",
    "encoder": "embed",
    "index": "embed",
    "retrieval": "retrieve",
    "generation": "generate",
    "prompts": "generate",
}


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A param in which two Versions differ, as `chunk.size`; None where one does not have it."""

    name: str
    before: Setting | None
    after: Setting | None

    @property
    def stage(self) -> Stage:
        """The stage that the param belongs to."""
        return _STAGE_OF[self.name.partition(".")[0]]


def changed_settings(before: "Version", after: "Version") -> tuple[SettingChange, ...]:
    """Return the params in which two Versions differ, by stage and name."""
    old, new = before.manifest.settings, after.manifest.settings
    changes = [
        SettingChange(name, old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]
    return tuple(sorted(changes, key=lambda change: STAGES.index(change.stage)))


def changed_stages(before: "Version", after: "Version") -> tuple[Stage, ...]:
    """Return the stages in which two Versions differ, in order.

    Where a stage was given the same, what it wrote decides, by the hashes in the manifests: a param
    that changes nothing is no difference, other code or another library is one. Where it was given
    something else, its params decide.
    """
    old, new = before.manifest, after.manifest
    documents = old.corpus.hash != new.corpus.hash or _wrote(old, new, "ingest")
    # Of `semantic` the encoder too decides where a chunk ends.
    encoder = before.encoder.hash != after.encoder.hash
    semantic = encoder and new.params.get("chunk", {}).get("method") == "semantic"
    chunks = _set(old, new, "chunk") or semantic if documents else _wrote(old, new, "chunk")
    indexes = (
        encoder or _set(old, new, "index")
        if documents or chunks
        else _wrote(old, new, "embed") or _wrote(old, new, "index")
    )
    changed: dict[Stage, bool] = {
        "ingest": documents,
        "chunk": chunks,
        "embed": indexes,
        "retrieve": old.retrieval != new.retrieval or _reranker(before) != _reranker(after),
        "generate": (old.generation, old.prompts) != (new.generation, new.prompts),
    }
    return tuple(stage for stage in STAGES if changed[stage])


def _wrote(old: Manifest, new: Manifest, stage: str) -> bool:
    return old.outputs.get(stage) != new.outputs.get(stage)


def _set(old: Manifest, new: Manifest, section: str) -> bool:
    return old.params.get(section) != new.params.get(section)


def _reranker(version: "Version") -> str | None:
    return version.reranker.hash if version.reranker is not None else None
