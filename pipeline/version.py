"""Version: everything that determines an answer, open and ready."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.chunks import ChunkTable
from pipeline.digest import directory_hash, folder_files
from pipeline.errors import VersionError
from pipeline.lexical_index import LexicalIndex, read_lexical_index
from pipeline.manifest import Manifest, read_manifest
from pipeline.onnx_encoder import OnnxEncoder
from pipeline.onnx_reranker import OnnxReranker
from pipeline.vector_index import VectorIndex, read_index

MANIFEST = "manifest.json"
CHUNKS = "chunks.parquet"
INDEX = "vectors.faiss"
LEXICAL = "lexical/"
ENCODER = "encoder/"
RERANKER = "reranker/"


@dataclass(frozen=True, slots=True)
class Version:
    """An open Version; `id` is DVC's hash of its folder.

    `lexical` is None where an early Version holds none, `reranker` where its params name none.
    """

    id: str
    manifest: Manifest
    chunks: ChunkTable
    index: VectorIndex
    lexical: LexicalIndex | None
    encoder: OnnxEncoder
    reranker: OnnxReranker | None = None


def open_version(files: Mapping[str, Path], version_id: str) -> Version:
    """Open a Version from its files by relative path, wherever each of them lies.

    Raises:
        VersionError: a part is missing, or the parts do not belong together.
        ArtifactError: a file is broken.
    """
    for name in (MANIFEST, CHUNKS, INDEX):
        if name not in files:
            raise VersionError(f"{version_id} is no Version: it lacks {name}")
    manifest = read_manifest(files[MANIFEST])
    version = Version(
        id=version_id,
        manifest=manifest,
        chunks=ChunkTable.read(files[CHUNKS]),
        index=read_index(files[INDEX]),
        lexical=_lexical(files, manifest),
        encoder=OnnxEncoder.open(_within(files, ENCODER)),
        reranker=_reranker(files, manifest),
    )
    _check_parts(version)
    return version


def open_version_folder(folder: Path) -> Version:
    """Open the Version in a folder, such as `data/version`; its id is computed from the bytes."""
    files = folder_files(folder)
    return open_version(files, directory_hash(files))


def _lexical(files: Mapping[str, Path], manifest: Manifest) -> LexicalIndex | None:
    """Open the lexical index, which the first Versions, all of them dense, do not hold."""
    held = _within(files, LEXICAL)
    return read_lexical_index(held) if held or manifest.retrieval.mode != "dense" else None


def _reranker(files: Mapping[str, Path], manifest: Manifest) -> OnnxReranker | None:
    if manifest.retrieval.reranker is None:
        return None
    return OnnxReranker.open(_within(files, RERANKER))


def _within(files: Mapping[str, Path], folder: str) -> dict[str, Path]:
    """Return the files of a folder, by their names below it."""
    return {
        name.removeprefix(folder): path for name, path in files.items() if name.startswith(folder)
    }


def _check_parts(version: Version) -> None:
    rows = len(version.chunks)
    for held, what in (
        (version.index, "vectors"),
        (version.lexical, "chunks in its lexical index"),
    ):
        if held is not None and rows != len(held):
            raise VersionError(
                f"{version.id} has {rows} chunks but {len(held)} {what}; build it again"
            )
    if version.index.dimension != version.encoder.dimension:
        raise VersionError(
            f"{version.id} has vectors of {version.index.dimension} numbers but an encoder of "
            f"{version.encoder.dimension}; build it again"
        )
    if version.manifest.encoder.hash != version.encoder.hash:
        raise VersionError(f"{version.id} holds another encoder than its manifest names")
