"""The Version of a judged set: built by what the stages call, from caches where it can be."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from eval.params import Params
from pipeline.chunking.chunk import write_chunks
from pipeline.chunking.chunker import chunk_documents
from pipeline.documents.document import Document
from pipeline.documents.document_table import DOCUMENT_ROWS
from pipeline.documents.ingestion import default_source, ingest
from pipeline.documents.worker import MachineLimits
from pipeline.encoders.cache import EmbeddingCache
from pipeline.encoders.onnx_encoder import OnnxEncoder
from pipeline.engine import import_closure
from pipeline.export.embedder import embed_texts
from pipeline.export.encoder_export import copy_encoder, exported_encoder
from pipeline.files import directory_hash, folder_files, hash_file, hash_of
from pipeline.retrieval.lexical_index import build_lexical_index, write_lexical_index
from pipeline.retrieval.vector_index import build_index, write_index
from pipeline.tables import write_array
from pipeline.versions.packaging import Parts, package
from pipeline.versions.version import Version

READING = ("ingest", "ocr", "cleaning")
BUILDING = (*READING, "chunk", "encoder", "index")
"""The sections that determine a Version's files."""


@dataclass(frozen=True, slots=True)
class SetVersions:
    """Reads the Documents of raw folders and builds Versions from them."""

    cache: Path

    def key(self, raw: Path, params: Params, sections: Sequence[str] = BUILDING) -> str:
        """Hash the raw files, the sections and the code that a result depends on."""
        settings = {name: getattr(params, name).model_dump(mode="json") for name in sections}
        return hash_of([directory_hash(folder_files(raw)), settings, code_hash()])

    def documents(self, raw: Path, params: Params) -> list[Document]:
        """Read a raw folder as `ingest` does, once."""
        path = self.cache / "documents" / f"{self.key(raw, params, READING)}.parquet"
        if not path.is_file():
            limits = MachineLimits.from_environment(os.environ)
            source = default_source(params.ingest, params.ocr, self.cache / "readings", limits)
            documents, _ = ingest(raw, source, params.ingest, params.ocr, params.cleaning)
            DOCUMENT_ROWS.write(path, documents)
        return DOCUMENT_ROWS.read(path)

    @contextmanager
    def built(self, raw: Path, params: Params, questions: Sequence[str]) -> Iterator[Version]:
        """Yield a Version of a raw folder; its encoder knows the questions' vectors already."""
        documents = self.documents(raw, params)
        exported = exported_encoder(params.encoder, self.cache / "encoders")
        encoder = OnnxEncoder.open(folder_files(exported))
        known = EmbeddingCache(self.cache / "embeddings", encoder.card)
        embed = partial(embed_texts, encoder=encoder, cache=known)
        chunks = chunk_documents(documents, params.chunk, embed)
        texts = [chunk.indexed_text for chunk in chunks]
        vectors = embed(texts)
        with TemporaryDirectory() as folder:
            parts = _parts(Path(folder))
            DOCUMENT_ROWS.write(parts.documents / "documents.parquet", documents)
            write_chunks(parts.chunks / "chunks.parquet", chunks)
            copy_encoder(exported, parts.encoder)
            write_array(parts.embeddings / "embeddings.npy", vectors)
            write_index(parts.index / "vectors.faiss", build_index(vectors, params.index))
            lexical = build_lexical_index(texts, params.index)
            write_lexical_index(parts.index / "lexical", lexical)
            settings = {name: getattr(params, name).model_dump(mode="json") for name in BUILDING}
            version = package(
                parts, documents, settings, params.retrieval, params.generation,
                Path(folder) / "version",
            )  # fmt: skip
            asked = dict(zip(questions, embed(questions), strict=True))
            yield replace(version, encoder=QuestionEncoder(encoder, asked))


class QuestionEncoder(OnnxEncoder):
    """An encoder that looks questions up: the vector of a text is always the same."""

    def __init__(self, encoder: OnnxEncoder, known: Mapping[str, NDArray[np.float32]]) -> None:
        self.card = encoder.card
        self._known = known

    def encode(self, texts: Sequence[str], progress: str | None = None) -> NDArray[np.float32]:  # noqa: ARG002
        return np.stack([self._known[text] for text in texts])


@cache
def code_hash() -> str:
    """Hash the code that reads, cuts, embeds, indexes and answers."""
    stages = ("ingest", "chunk", "embed", "index", "package")
    closure = import_closure(*(f"pipeline.stages.{name}" for name in stages))
    sources = {name: hash_file(path) for name, path in closure.sources.items()}
    return hash_of([sources, closure.libraries])


def _parts(folder: Path) -> Parts:
    names = ("documents", "chunks", "encoder", "embeddings", "index")
    parts = Parts(*(folder / name for name in names))
    for name in names:
        (folder / name).mkdir()
    return parts
