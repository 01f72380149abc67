"""Garbage: which objects of an inventory stages wrote and nothing needs any longer."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.storage.inventory import Inventory
from pipeline.errors import VersionError
from pipeline.versions.store import FOLDER

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


_MANIFEST = "manifest.json"
_KINDS: dict[FolderKind, tuple[set[str], set[str]]] = {
    "Version": (
        {_MANIFEST, "chunks.parquet", "vectors.faiss"},
        {"lexical/", "encoder/", "reranker/", "prompts/"},
    ),
    "Documents": ({"documents.parquet"}, set()),
    "chunks": ({"chunks.parquet"}, set()),
    "embeddings": ({"embeddings.npy"}, set()),
    "encoder": ({"encoder.json"}, {"model.onnx", "tokenizer.json", "words.npy"}),
    "index": ({"vectors.faiss"}, {"lexical/"}),
    "answers": ({"answers.parquet", "meta.json"}, set()),
    "Scorecard": ({"scorecard.json", "scores.parquet"}, {"plots/"}),
}
"""What must lie at the top of a folder of each kind, and what else may; `a/` is a folder."""

_NAMED_IN: dict[FolderKind, str] = {"answers": "meta.json", "Scorecard": "scorecard.json"}
"""Kind of a folder to the file in it that names the Version it was measured on."""


def folder_kind(files: Iterable[str]) -> FolderKind | None:
    """Return which stage of the pipeline writes such a folder; None where none does.

    `files` are paths below the folder. What people bring, such as raw documents, is of no kind.
    """
    top = {f"{name}{slash}" for name, slash, _ in (each.partition("/") for each in files)}
    for kind, (needed, allowed) in _KINDS.items():
        if needed <= top <= needed | allowed:
            return kind
    return None


@dataclass(frozen=True, slots=True)
class Garbage:
    """Folders to remove by kind, and the digests of all that goes with them."""

    folders: Mapping[str, FolderKind] = field(default_factory=dict)
    digests: frozenset[str] = frozenset()

    @property
    def versions(self) -> frozenset[str]:
        """The Versions among the folders."""
        return frozenset(each for each, kind in self.folders.items() if kind == "Version")

    def among(self, held: Collection[str]) -> "Garbage":
        """Return what of it is held somewhere."""
        folders = {folder: kind for folder, kind in self.folders.items() if folder in held}
        return Garbage(folders, frozenset(each for each in self.digests if each in held))

    def also(self, other: "Garbage") -> "Garbage":
        """Return what is garbage in both."""
        return Garbage(self.among(other.folders).folders, self.digests & other.digests)


def find_garbage(
    held: Inventory, needed: Collection[str], known: Collection[str] | None = None
) -> Garbage:
    """Find the folders that are of a known kind and not needed, and what belongs to them alone.

    What no stage writes stays, with every file that it shares with something else: raw documents
    that `dvc add` keeps, for instance.

    Args:
        held: What there is.
        needed: Digests of files and folders. Of a Version also the outputs of its stages, its
            answers and its Scorecards are needed, of a folder its files.
        known: The Versions that may go; others belong to somebody else. None lets any go.

    Raises:
        VersionError: the listing of a needed folder is damaged, so that its files are not known.
    """
    kinds = {folder: folder_kind(files) for folder, files in held.folders.items()}
    versions = {folder for folder, kind in kinds.items() if kind == "Version"}
    strangers = set() if known is None else versions.difference(known)
    kept = _with_what_belongs(held, kinds, strangers.union(needed))
    damaged = (kept & held.cached.keys()) - held.folders.keys()
    for folder in (each for each in sorted(damaged) if each.endswith(FOLDER)):
        raise VersionError(
            f"the listing {folder} is damaged in DVC's cache, so that nobody knows what it needs; "
            "run `winnow doctor --repair`"
        )
    whole = [folder for folder, kind in kinds.items() if folder in kept or kind is None]
    stays = {*kept, *_objects(held, whole)}
    folders = {
        folder: kind
        for folder, kind in kinds.items()
        if kind and folder not in stays and not stays.issuperset(held.folders[folder].values())
    }
    return Garbage(folders, frozenset(_objects(held, folders)) - stays)


def _objects(held: Inventory, folders: Collection[str]) -> Iterator[str]:
    for folder in folders:
        yield folder
        yield from held.folders[folder].values()


def _with_what_belongs(
    held: Inventory, kinds: Mapping[str, FolderKind | None], needed: Collection[str]
) -> set[str]:
    """Add what Versions were built from and what was measured on them."""
    kept = set(needed)
    manifests = {
        folder: held.folders[folder][_MANIFEST]
        for folder, kind in kinds.items()
        if kind == "Version" and folder in kept
    }
    measured = {
        folder: held.folders[folder][_NAMED_IN[kind]]
        for folder, kind in kinds.items()
        if kind in _NAMED_IN
    }
    contents = held.json_objects([*manifests.values(), *measured.values()])
    for folder, digest in manifests.items():
        outputs = contents[digest].get("outputs")
        if isinstance(outputs, dict):
            kept.update(map(str, outputs.values()))
        elif digest in held.cached or digest in held.remote:
            raise VersionError(
                f"the manifest of {folder} is damaged, so that nobody knows what it was built "
                "from; run `winnow doctor --repair`"
            )
    for folder, digest in measured.items():
        version = contents[digest].get("version")
        # Of a file that cannot be read nobody knows what it belongs to.
        if version is None or version in needed:
            kept.add(folder)
    return kept
