"""Version: everything that determines an answer, open and ready."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.chunking.chunk import ChunkTable
from pipeline.encoders.cache import EmbeddingCache
from pipeline.encoders.endpoint_encoder import EndpointEncoder
from pipeline.encoders.opening import VersionEncoder, open_encoder
from pipeline.encoders.reranker import OnnxReranker
from pipeline.errors import VersionError
from pipeline.files import directory_hash, folder_files, hash_text
from pipeline.generation.prompt import SUFFIX, Prompt, parse_prompt
from pipeline.retrieval.lexical_index import LexicalIndex, read_lexical_index
from pipeline.retrieval.vector_index import VectorIndex, read_index
from pipeline.versions.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints

MANIFEST = "manifest.json"
CHUNKS = "chunks.parquet"
INDEX = "vectors.faiss"
LEXICAL = "lexical/"
ENCODER = "encoder/"
RERANKER = "reranker/"
PROMPTS = "prompts/"


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
    encoder: VersionEncoder
    reranker: OnnxReranker | None = None
    prompts: Mapping[str, Prompt] = field(default_factory=dict)

    def with_endpoints(self, endpoints: "Endpoints") -> "Version":
        """Return it with its encoder connected, where that is behind an endpoint."""
        if not isinstance(self.encoder, EndpointEncoder):
            return self
        known = EmbeddingCache(endpoints.folder / "embeddings", self.encoder.card)
        return replace(self, encoder=EndpointEncoder(self.encoder.card, endpoints, known))


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
    reranked = manifest.retrieval.reranker is not None
    version = Version(
        id=version_id,
        manifest=manifest,
        chunks=ChunkTable.read(files[CHUNKS]),
        index=read_index(files[INDEX]),
        lexical=_lexical(files, manifest),
        encoder=open_encoder(_within(files, ENCODER)),
        reranker=OnnxReranker.open(_within(files, RERANKER)) if reranked else None,
        prompts=_prompts(files, manifest, version_id),
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


def _prompts(files: Mapping[str, Path], manifest: Manifest, version_id: str) -> dict[str, Prompt]:
    texts = {
        name.removesuffix(SUFFIX): path.read_bytes().decode("utf-8", "replace")
        for name, path in _within(files, PROMPTS).items()
    }
    if {name: hash_text(text) for name, text in texts.items()} != manifest.prompts:
        raise VersionError(f"{version_id} holds other prompts than its manifest names")
    return {name: parse_prompt(name, text) for name, text in texts.items()}


def _within(files: Mapping[str, Path], folder: str) -> dict[str, Path]:
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
    kind = version.manifest.params.get("index", {}).get("kind", "flat")
    if kind != version.index.kind:
        raise VersionError(
            f"{version.id} holds a {version.index.kind} index but its manifest names {kind}; "
            "run `dvc repro`"
        )
    if version.manifest.encoder.hash != version.encoder.hash:
        raise VersionError(f"{version.id} holds another encoder than its manifest names")
