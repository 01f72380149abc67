"""Folder kind: what a folder in DVC's cache is, by the names of its files alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

FolderKind = Literal[
    "Version",
    "Documents",
    "chunks",
    "embeddings",
    "encoder",
    "index",
    "answers",
    "Scorecard",
]


@dataclass(frozen=True, slots=True)
class _Names:
    """What must lie at the top of a folder of one kind, and what else may; `a/` is a folder."""

    needed: frozenset[str]
    allowed: frozenset[str] = frozenset()

    def fit(self, top: frozenset[str]) -> bool:
        return self.needed <= top <= self.needed | self.allowed


_MODEL = frozenset({"model.onnx", "tokenizer.json", "words.npy"})
_PARTS = frozenset({"lexical/", "encoder/", "reranker/", "prompts/"})
_KINDS: dict[FolderKind, _Names] = {
    "Version": _Names(frozenset({"manifest.json", "chunks.parquet", "vectors.faiss"}), _PARTS),
    "Documents": _Names(frozenset({"documents.parquet"})),
    "chunks": _Names(frozenset({"chunks.parquet"})),
    "embeddings": _Names(frozenset({"embeddings.npy"})),
    "encoder": _Names(frozenset({"encoder.json"}), _MODEL),
    "index": _Names(frozenset({"vectors.faiss"}), frozenset({"lexical/"})),
    "answers": _Names(frozenset({"answers.parquet", "meta.json"})),
    "Scorecard": _Names(frozenset({"scorecard.json", "scores.parquet"}), frozenset({"plots/"})),
}


def folder_kind(files: Iterable[str]) -> FolderKind | None:
    """Return which stage of the pipeline writes such a folder; None where none does.

    `files` are paths below the folder. What people bring, such as raw documents, is of no kind.
    """
    top = frozenset(
        name if not rest else f"{name}/"
        for name, _, rest in (each.partition("/") for each in files)
    )
    return next((kind for kind, names in _KINDS.items() if names.fit(top)), None)
