"""VersionMix: the stages of two Versions mixed, to see which of them changes an answer."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from eval.blame.blame import STAGES, Stage
from pipeline.answerer import Answerer, open_retriever
from pipeline.chunking.chunk import ChunkTable, write_chunks
from pipeline.chunking.chunker import chunk_documents
from pipeline.encoders.cache import EmbeddingCache, RememberingEncoder
from pipeline.encoders.opening import VersionEncoder
from pipeline.export.embedder import embed_texts
from pipeline.generation.generator import make_generator
from pipeline.params import ChunkParams, IndexParams, ParamsSection, parse_section
from pipeline.retrieval.lexical_index import build_lexical_index
from pipeline.retrieval.vector_index import build_index
from pipeline.versions.manifest import Manifest
from pipeline.versions.store import VersionStore
from pipeline.versions.version import Version

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints

_log = logging.getLogger("winnow")
_Params = TypeVar("_Params", bound=ParamsSection)


class VersionMix:
    """Builds in memory what lies between a baseline and a candidate.

    Only what no Version holds is built: chunks where Documents and chunking both changed, and
    indexes where `embed` changed too. Vectors that the embedding cache knows are not made anew.
    """

    def __init__(
        self,
        baseline: Version,
        candidate: Version,
        outputs: VersionStore,
        scratch: Path,
        endpoints: "Endpoints | None" = None,
    ) -> None:
        """Take two open Versions and the folder, `.winnow`, that keeps vectors.

        Endpoints are needed where an encoder is behind one.
        """
        if endpoints is not None:
            baseline = baseline.with_endpoints(endpoints)
            candidate = candidate.with_endpoints(endpoints)
        self.baseline = baseline
        self.candidate = candidate
        self.changed = changed_stages(baseline, candidate)
        self._outputs = outputs
        self._scratch = scratch

    def after(self, stage: Stage) -> Version:
        """Return the candidate up to and with a changed stage, and the baseline from there on.

        Its manifest names the Documents, retrieval and generation that it has; its params and
        hashes of chunks and indexes are the candidate's.

        Raises:
            VersionError: the candidate's Documents are needed and not in DVC's cache.
            ParamsError: the baseline's params fit no such corpus, or are too old to be built with.
            PrerequisiteError: an encoder is behind an endpoint that is not given.
        """
        if stage == "generate":
            return self.candidate
        if stage == "retrieve":
            return self._generating(self.candidate)
        if stage == "ingest" and "chunk" in self.changed:
            return self._generating(self._retrieving(self._indexed(self._chunks())))
        if stage != "embed" and "embed" in self.changed:
            return self._generating(self._retrieving(self._indexed(self.candidate.chunks)))
        return self._generating(self._retrieving(self.candidate))

    def _generating(self, version: Version) -> Version:
        """Return it with the baseline's generation."""
        own = self.baseline.manifest
        update = {"generation": own.generation, "prompts": own.prompts}
        manifest = version.manifest.model_copy(update=update)
        mixed = f"{self.candidate.id} mixed with {self.baseline.id}"
        return replace(version, id=mixed, manifest=manifest, prompts=self.baseline.prompts)

    def _retrieving(self, version: Version) -> Version:
        """Return it with the baseline's retrieval, and with an index of words if that needs one."""
        retrieval = self.baseline.manifest.retrieval
        manifest = version.manifest.model_copy(update={"retrieval": retrieval})
        lexical = version.lexical
        if lexical is None and retrieval.mode != "dense":
            lexical = build_lexical_index(version.chunks.indexed_texts(), self._index_params())
        return replace(version, manifest=manifest, lexical=lexical, reranker=self.baseline.reranker)

    def _indexed(self, chunks: ChunkTable) -> Version:
        """Return a Version of chunks as the baseline embeds and indexes them."""
        texts, params = chunks.indexed_texts(), self._index_params()
        _log.info("mix: %d chunks as %s embeds them", len(texts), self.baseline.id)
        return replace(
            self.candidate,
            chunks=chunks,
            index=build_index(self._embed(texts), params),
            lexical=build_lexical_index(texts, params),
            encoder=self.baseline.encoder,
        )

    def _chunks(self) -> ChunkTable:
        """Return the candidate's Documents as the baseline cuts them."""
        documents = self._outputs.documents(self.candidate.manifest)
        params = self._params(ChunkParams, "chunk")
        with TemporaryDirectory() as folder:
            path = Path(folder) / "chunks.parquet"
            write_chunks(path, chunk_documents(documents, params, self._embed))
            return ChunkTable.read(path)

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        encoder: VersionEncoder = self.baseline.encoder
        cache = EmbeddingCache(self._scratch / "embeddings", encoder.card)
        return embed_texts(texts, encoder, cache)

    def _index_params(self) -> IndexParams:
        return self._params(IndexParams, "index")

    def _params(self, model: type[_Params], section: str) -> _Params:
        """Return the baseline's params; what an early one leaves unsaid is as in the candidate."""
        own, other = (
            version.manifest.params.get(section, {}) for version in (self.baseline, self.candidate)
        )
        said = {key: value for key, value in {**other, **own}.items() if key in model.model_fields}
        return parse_section(model, section, said)


def changed_stages(before: Version, after: Version) -> tuple[Stage, ...]:
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
    retrieval = old.retrieval != new.retrieval or _reranker(before) != _reranker(after)
    generation = (old.generation, old.prompts) != (new.generation, new.prompts)
    changed = (documents, chunks, indexes, retrieval, generation)
    return tuple(stage for stage, other in zip(STAGES, changed, strict=True) if other)


def _wrote(old: Manifest, new: Manifest, stage: str) -> bool:
    return old.outputs.get(stage) != new.outputs.get(stage)


def _set(old: Manifest, new: Manifest, section: str) -> bool:
    return old.params.get(section) != new.params.get(section)


def _reranker(version: Version) -> str | None:
    return version.reranker.hash if version.reranker is not None else None


class SharedEncoders:
    """Opens Answerers as `open_answerer` does, those of one encoder with one memory.

    Versions that are compared are asked the same questions, and share most of their sentences.
    """

    def __init__(self, endpoints: "Endpoints | None" = None) -> None:
        """Take where language models and encoders are reached, if any is to be."""
        self._endpoints = endpoints
        self._encoders: dict[str, RememberingEncoder] = {}

    def answerer(self, version: Version, questions: Sequence[str] = ()) -> Answerer:
        """Open a Version, and encode together the questions that it is going to be asked.

        Raises:
            VersionError: the Version lacks what its settings ask for.
            ParamsError: one of its prompts is missing or unfit.
            PrerequisiteError: its encoder is behind an endpoint that is not given.
        """
        settings = version.manifest
        if self._endpoints is not None:
            version = version.with_endpoints(self._endpoints)
        encoder = self._encoders.setdefault(
            version.encoder.hash, RememberingEncoder(version.encoder)
        )
        # Alone, each would take several times as long.
        encoder.encode(questions)
        generator = make_generator(settings.generation, encoder, version.prompts, self._endpoints)
        return Answerer(open_retriever(version, encoder), generator, settings.retrieval.top_k)
