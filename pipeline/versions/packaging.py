"""Package: the outputs of all stages, and how to answer from them, into one Version."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.chunking.chunk import ChunkTable
from pipeline.documents.document import Document
from pipeline.encoders.encoder import CARD, EncoderCard
from pipeline.engine import current_engine
from pipeline.files import (
    directory_hash,
    folder_files,
    hash_of,
    read_json,
    replacing_folder,
    write_json,
    write_text,
)
from pipeline.generation.generator import needed_prompts
from pipeline.generation.prompt import SUFFIX
from pipeline.params import GenerationParams, RetrievalParams
from pipeline.versions.manifest import FORMAT, Corpus, Manifest
from pipeline.versions.version import (
    CHUNKS,
    ENCODER,
    INDEX,
    LEXICAL,
    MANIFEST,
    PROMPTS,
    RERANKER,
    Version,
    open_version_folder,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """The folders that the stages before wrote."""

    documents: Path
    chunks: Path
    encoder: Path
    embeddings: Path
    index: Path
    reranker: Path | None = None


def package(
    parts: Parts,
    documents: list[Document],
    params: dict[str, dict[str, Any]],
    retrieval: RetrievalParams,
    generation: GenerationParams,
    target: Path,
) -> Version:
    """Write a Version into `target` and open it, which proves that its parts fit together."""
    prompts = needed_prompts(generation).values()
    chunks = ChunkTable.read(parts.chunks / "chunks.parquet")
    manifest = Manifest(
        format=FORMAT,
        engine=current_engine(),
        corpus=Corpus(
            hash=hash_of([document.id for document in documents]),
            documents=len(documents),
            chunks=len(chunks),
        ),
        encoder=EncoderCard.model_validate(read_json(parts.encoder / CARD)),
        params=params,
        outputs=_hashes(parts),
        retrieval=retrieval,
        generation=generation,
        prompts={prompt.id: prompt.hash for prompt in prompts},
    )
    with replacing_folder(target) as folder:
        write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
        shutil.copyfile(parts.chunks / "chunks.parquet", folder / CHUNKS)
        shutil.copyfile(parts.index / "vectors.faiss", folder / INDEX)
        shutil.copytree(parts.index / "lexical", folder / LEXICAL)
        shutil.copytree(parts.encoder, folder / ENCODER)
        if parts.reranker is not None:
            shutil.copytree(parts.reranker, folder / RERANKER)
        for prompt in prompts:
            write_text(folder / PROMPTS / f"{prompt.id}{SUFFIX}", prompt.text)
    return open_version_folder(target)


def _hashes(parts: Parts) -> dict[str, str]:
    folders = {
        "ingest": parts.documents,
        "chunk": parts.chunks,
        "embed": parts.embeddings,
        "index": parts.index,
    }
    return {stage: directory_hash(folder_files(folder)) for stage, folder in folders.items()}
