"""VersionMix: the stages of two Versions mixed, to see which of them changes an answer."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.chunker import chunk_documents
from pipeline.chunks import ChunkTable, write_chunks
from pipeline.embedding import embed_texts
from pipeline.embedding_cache import EmbeddingCache
from pipeline.encoder_opening import VersionEncoder
from pipeline.lexical_index import build_lexical_index
from pipeline.params import ChunkParams, IndexParams
from pipeline.section import Section, parse_section
from pipeline.stage_output import StageOutputs
from pipeline.vector_index import build_index
from pipeline.version import Version
from pipeline.version_change import Stage, changed_stages

if TYPE_CHECKING:
    from pipeline.endpoints import Endpoints

_log = logging.getLogger("winnow")
_Params = TypeVar("_Params", bound=Section)


class VersionMix:
    """Builds in memory what lies between a baseline and a candidate.

    Only what no Version holds is built: chunks where Documents and chunking both changed, and
    indexes where `embed` changed too. Vectors that the embedding cache knows are not made anew.
    """

    def __init__(
        self,
        baseline: Version,
        candidate: Version,
        outputs: StageOutputs,
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
        return embed_texts(
            texts, encoder, EmbeddingCache(self._scratch / "embeddings", encoder.card)
        )

    def _index_params(self) -> IndexParams:
        return self._params(IndexParams, "index")

    def _params(self, model: type[_Params], section: str) -> _Params:
        """Return the baseline's params; what an early one leaves unsaid is as in the candidate."""
        own, other = (
            version.manifest.params.get(section, {}) for version in (self.baseline, self.candidate)
        )
        said = {key: value for key, value in {**other, **own}.items() if key in model.model_fields}
        return parse_section(model, section, said)
