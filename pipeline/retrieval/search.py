"""Search: a question to ranked rows, by their vectors, by their words, or by both.

A search looks at the rows that the params' filters allow. Scores compare rows of one question.
"""

import logging
from collections.abc import Collection
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.chunking.chunk import ChunkTable
from pipeline.encoders.encoder import Encoder
from pipeline.files import matches_any
from pipeline.params import RetrievalParams
from pipeline.retrieval.lexical_index import LexicalIndex
from pipeline.retrieval.ranking import Ranking, Search, rank
from pipeline.retrieval.vector_index import VectorIndex

Rows = NDArray[np.bool_]
"""Shape [chunks]: whether a row may be found."""
Scores = NDArray[np.float64]
"""Shape [chunks]; higher is closer."""

_SAMPLE = 2048
"""Rows, evenly spaced, that stand for the corpus where not every vector is compared."""
_RANK_OFFSET = 60
_LEAST_AGREEMENT = 0.01
_DIGITS = 6


def open_search(
    chunks: ChunkTable,
    encoder: Encoder,
    vectors: VectorIndex,
    lexical: LexicalIndex | None,
    params: RetrievalParams,
) -> Search:
    """Return the search of `retrieval.mode` over the parts of one Version.

    Without a lexical index, as the first Versions, it is `dense`, whose scores are cosines. Those
    of `lexical`, which encodes nothing, are sums of BM25 weights.
    """
    allowed = allowed_rows(chunks, params)
    if params.mode == "dense" or lexical is None:
        return _dense_search(encoder, vectors, params, allowed)
    if params.mode == "lexical":
        return _lexical_search(lexical, allowed)
    return HybridSearch(encoder, vectors, lexical, params, allowed).search


def _dense_search(
    encoder: Encoder, vectors: VectorIndex, params: RetrievalParams, allowed: Rows | None
) -> Search:
    def search(question: str, depth: int) -> Ranking:
        [query] = encoder.encode([question])
        # How many it is asked for decides what an inexact index looks at, and finds at most.
        asked = depth if vectors.exact else params.candidates
        return vectors.search(query, asked, allowed)[:depth]

    return search


def _lexical_search(lexical: LexicalIndex, allowed: Rows | None) -> Search:
    def search(question: str, depth: int) -> Ranking:
        scores = lexical.scores(question)
        shares = scores > 0
        rows = np.flatnonzero(shares if allowed is None else shares & allowed)
        return rank(rows, scores[rows].astype(np.float64), depth)

    return search


class HybridSearch:
    """Scores rows on both sides, and fuses the scores.

    With an exact index all rows are fused. With an inexact one it is a pool of them: the best
    candidates of either side, which are ranked, and a sample, which shows how the corpus scores.
    """

    def __init__(
        self,
        encoder: Encoder,
        vectors: VectorIndex,
        lexical: LexicalIndex,
        params: RetrievalParams,
        allowed: Rows | None,
    ) -> None:
        self._encoder = encoder
        self._vectors = vectors
        self._lexical = lexical
        self._params = params
        self._allowed = allowed
        self._rows = np.arange(len(vectors)) if allowed is None else np.flatnonzero(allowed)
        places = np.linspace(0, len(self._rows), min(_SAMPLE, len(self._rows)), endpoint=False)
        self._sample = self._rows[places.astype(np.int64)]

    def search(self, question: str, depth: int) -> Ranking:
        """Rank at most `depth` rows; with an inexact index no more than both sides' candidates."""
        [query] = self._encoder.encode([question])
        lexical = self._lexical.scores(question).astype(np.float64)
        if not self._vectors.exact:
            return self._search_pool(query, lexical, depth)
        dense = self._vectors.scores(query).astype(np.float64)
        scores = fuse(dense[self._rows], lexical[self._rows], self._params)
        return rank(self._rows, scores, depth)

    def _search_pool(
        self, query: NDArray[np.float32], lexical: NDArray[np.float64], depth: int
    ) -> Ranking:
        count = self._params.candidates
        close = self._vectors.search(query, count, self._allowed).rows
        worded = self._rows[lexical[self._rows] > 0]
        found = np.union1d(close, rank(worded, lexical[worded], count).rows)
        pool = np.union1d(found, self._sample)
        ranked = np.isin(pool, found)
        # A row that was found stands for itself, a sampled one for all that it was drawn from.
        others = max(len(pool) - len(found), 1)
        stands_for = np.where(ranked, 1.0, (len(self._rows) - len(found)) / others)
        dense = self._vectors.scores(query, pool).astype(np.float64)
        scores = fuse(dense, lexical[pool], self._params, stands_for)
        return rank(found, scores[ranked], depth)


def fuse(
    dense: Scores, lexical: Scores, params: RetrievalParams, stands_for: Scores | None = None
) -> Scores:
    """Return one score by row: the two sides' mean, weighted as params say.

    `stands_for` says for how many rows of the corpus each one stands, where they are a sample.
    """
    if not _says_something(lexical):
        return _between_0_and_1(dense)
    if not _says_something(dense):
        return _between_0_and_1(lexical)
    if params.fusion == "reciprocal_rank":
        return _reciprocal_rank(dense, lexical, params.weight)
    weight = params.weight
    if params.fusion == "agreement":
        weight = _trusted(weight, dense, lexical, stands_for)
    return weight * _between_0_and_1(dense) + (1 - weight) * _between_0_and_1(lexical)


def _trusted(weight: float, dense: Scores, lexical: Scores, stands_for: Scores | None) -> float:
    """Return the dense side's weight, less where its scores correlate less with the other's.

    An encoder that knows a language or a field scores all chunks in some accord with their words.
    The less it does so for a question, the less it is trusted there.
    """
    spread, common, _, lexical_spread = np.cov(dense, lexical, aweights=stands_for).flat
    told = min(common, spread, lexical_spread) > 0
    correlation = common / spread**0.5 / lexical_spread**0.5 if told else 0.0
    # The last digits of a dot product depend on where its arrays lie in memory.
    trusted: float = weight * max(round(float(correlation), _DIGITS), _LEAST_AGREEMENT) ** 0.5
    return trusted / (trusted + 1 - weight)


def _reciprocal_rank(dense: Scores, lexical: Scores, weight: float) -> Scores:
    """Sum reciprocal ranks (Cormack, Clarke and Büttcher, 2009); what scores 0 has no rank."""
    held = np.where(lexical > 0, 1 / (_RANK_OFFSET + _ranks(lexical)), 0.0)
    fused: Scores = weight / (_RANK_OFFSET + _ranks(dense)) + (1 - weight) * held
    return fused


def _says_something(scores: Scores) -> bool:
    return bool(len(scores)) and bool(scores.max() > scores.min())


def _between_0_and_1(scores: Scores) -> Scores:
    if not _says_something(scores):
        return np.zeros(len(scores))
    lowest = scores.min()
    spread: Scores = (scores - lowest) / (scores.max() - lowest)
    return spread


def _ranks(scores: Scores) -> Scores:
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return ranks


def allowed_rows(chunks: ChunkTable, params: RetrievalParams) -> Rows | None:
    """Return the rows that meet every filter that is given, or None where none is."""
    masks = []
    if params.documents or params.folders:
        masks.append(_by_path(chunks.column("document"), params))
    if params.languages:
        masks.append(_among(chunks.column("language"), params.languages))
    if params.tags:
        masks.append(_by_tag(chunks.column("tags"), params.tags))
    if not masks:
        return None
    allowed: Rows = np.logical_and.reduce(masks)
    if not allowed.any():
        logging.getLogger("winnow").warning(
            "no chunk is in `retrieval.documents` %s, `folders` %s, `languages` %s and `tags` %s: "
            "no question will find a passage; change one of them",
            *map(list, (params.documents, params.folders, params.languages, params.tags)),
        )
    return allowed


def _by_path(paths: pa.Array, params: RetrievalParams) -> Rows:
    folders = params.folders or ["."]
    # A Document's path is looked at once, however many chunks it has.
    coded = paths.dictionary_encode()
    met = [
        matches_any(path, params.documents or ["*"])
        and any(PurePosixPath(path).is_relative_to(folder) for folder in folders)
        for path in coded.dictionary.to_pylist()
    ]
    meets: Rows = np.array(met, dtype=np.bool_)[coded.indices.to_numpy()]
    return meets


def _by_tag(tags: pa.Array, wanted: Collection[str]) -> Rows:
    import pyarrow.compute as pc

    carries = np.zeros(len(tags), dtype=np.bool_)
    rows = pc.list_parent_indices(tags).to_numpy()
    carries[rows[_among(pc.list_flatten(tags), wanted)]] = True
    return carries


def _among(values: pa.Array, wanted: Collection[str]) -> Rows:
    import pyarrow.compute as pc

    found = pc.is_in(values, value_set=pa.array(wanted, values.type))
    among: Rows = found.to_numpy(zero_copy_only=False)
    return among
