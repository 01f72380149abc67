"""A Version as a LlamaIndex retriever, for any of its query and chat engines.

LlamaIndex is imported with this module, which nothing else of Winnow imports.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import (
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from pipeline.answer import Passage
from pipeline.answerer import open_retriever
from pipeline.versions.version import Version, open_version_folder

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints

_NOT_FOR_MODELS = ["start", "end", "version", "ocr_confidence"]
"""Metadata that say nothing to a language model; LlamaIndex writes the rest before each text."""


class VersionRetriever(BaseRetriever):
    """Retrieves the passages that `winnow ask` would answer from, best first, as nodes."""

    def __init__(self, version: Version, top_k: int | None = None) -> None:
        """Take an open Version; `top_k` None means its own `retrieval.top_k`."""
        super().__init__()
        self.version_id = version.id
        self._passages = open_retriever(version)
        self._top_k = version.manifest.retrieval.top_k if top_k is None else top_k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._passages.retrieve(query_bundle.query_str, self._top_k)
        return [
            NodeWithScore(node=_node(passage, self.version_id), score=passage.score)
            for passage in found
        ]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def as_retriever(
    version: Version | Path, top_k: int | None = None, endpoints: "Endpoints | None" = None
) -> VersionRetriever:
    """Return a retriever for an open Version, or for the folder of one, such as `data/version`.

    A node has the chunk's id and the passage's text; its metadata are document, page, headings,
    start, end (half-open, in characters of the Document) and the version id. `endpoints` are for
    a Version whose encoder is behind one.

    Raises:
        VersionError: the folder holds no Version, or one that lacks a part.
        ArtifactError: a file of it is broken.
    """
    opened = version if isinstance(version, Version) else open_version_folder(version)
    return VersionRetriever(opened.with_endpoints(endpoints) if endpoints else opened, top_k)


def _node(passage: Passage, version_id: str) -> TextNode:
    metadata = {
        "document": passage.document,
        "page": passage.page,
        "headings": " › ".join(passage.headings) or None,
        "ocr_confidence": passage.ocr_confidence,
        "start": passage.start,
        "end": passage.end,
        "version": version_id,
    }
    return TextNode(
        id_=passage.chunk_id,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata={name: value for name, value in metadata.items() if value is not None},
        excluded_llm_metadata_keys=_NOT_FOR_MODELS,
        excluded_embed_metadata_keys=_NOT_FOR_MODELS,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=passage.document)},
    )
