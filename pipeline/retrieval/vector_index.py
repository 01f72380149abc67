"""Vector index: the chunks nearest to a question by inner product, through FAISS."""

import math
import struct
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ArtifactError, ParamsError
from pipeline.files import replacing_file
from pipeline.params import IndexParams
from pipeline.retrieval.ranking import Ranking, rank

CENTROIDS = 256
"""Values that one byte of a product-quantised vector tells apart."""
POINTS = 39
"""Vectors for each centroid that FAISS trains on without a warning."""
_DIGITS = 6
_TIE = 2e-6
"""What FAISS's scores of equal vectors may differ by, and rounding may make equal."""
_FEW = 0.1
"""Share of the rows up to which it is cheaper to score each than to search among all."""
_BLOCK = 8192
"""Vectors that are decoded at a time."""
_SEED = 1234
_ROUNDS = 10
"""Of k-means over the parts of vectors: FAISS's own 25 take longer and recall no more."""
_FLAT_HEADER = struct.Struct("<4siqqq?iQ")
"""Of a flat index's file: kind, dimension, vectors, two unused, trained, metric, numbers."""


class VectorIndex:
    """Finds the rows whose vectors have the greatest inner product with a query."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._flat = index if isinstance(index, faiss.IndexFlat) else None
        if isinstance(index, faiss.IndexHNSW):
            self._flat = faiss.downcast_index(index.storage)
        if isinstance(index, faiss.IndexIVF):
            # Says where the code of a row lies, without which it cannot be scored by its row.
            index.make_direct_map()

    def __len__(self) -> int:
        """Return the number of vectors."""
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    @property
    def kind(self) -> str:
        """The `index.kind` that it was built with."""
        if isinstance(self._index, faiss.IndexHNSW):
            return "hnsw"
        return "ivf_pq" if isinstance(self._index, faiss.IndexIVF) else "flat"

    @property
    def exact(self) -> bool:
        """Whether a search finds what comparing every vector would find."""
        return self._flat is self._index

    def search(
        self, query: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> Ranking:
        """Rank at most `k` rows by their inner products; ties by row number.

        `allowed`, shape [rows], says which rows may be found; None means all.
        """
        count = len(self) if allowed is None else int(np.count_nonzero(allowed))
        k = min(k, count)
        rows = None
        if k and not self.exact and (allowed is None or count > _FEW * len(self)):
            rows = self._near(query, k, allowed, count)
        if rows is None:
            rows = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        return rank(rows, self.scores(query, rows).astype(np.float64), k)

    def scores(
        self, query: NDArray[np.float32], rows: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """Return the inner products with the vectors of `rows`, or with all, to 6 digits.

        Shape [rows], in their order. `ivf_pq` scores the vectors as it holds them.
        """
        query = np.ascontiguousarray(query, dtype=np.float32)
        if self._flat is not None and (rows is None or len(rows) > _FEW * len(self)):
            every = _products(query, self._flat.get_xb(), len(self))
            return every if rows is None else every[rows]
        rows = np.arange(len(self)) if rows is None else rows
        scores = np.zeros(len(rows), dtype=np.float32)
        for start in range(0, len(rows), _BLOCK):
            block = self.vectors(rows[start : start + _BLOCK])
            scores[start : start + _BLOCK] = _products(query, faiss.swig_ptr(block), len(block))
        return scores

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors of `rows`, shape [rows, dimension], as the index holds them."""
        if not len(rows):
            return np.zeros((0, self.dimension), dtype=np.float32)
        held: NDArray[np.float32] = self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
        return held

    def _near(
        self, query: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None, count: int
    ) -> NDArray[np.int64] | None:
        """Return rows, ascending, with the `k` best that FAISS finds; None if it finds fewer."""
        # Of rows that tie at the cut FAISS keeps any, so it is asked for more until none does.
        depth = k
        while True:
            depth = min(depth + 1, count)
            found, rows = self._index.search(
                query.reshape(1, -1), depth, params=self._effort(depth, allowed, count)
            )
            scores, rows = found[0][rows[0] >= 0], rows[0][rows[0] >= 0]
            if len(rows) < k:
                return None
            if len(rows) < depth or depth == count or scores[k - 1] - scores[-1] > _TIE:
                nearest: NDArray[np.int64] = np.sort(rows)
                return nearest
            depth *= 4

    def _effort(self, depth: int, allowed: NDArray[np.bool_] | None, count: int) -> Any:
        # A filter takes from what is looked at; so much more is looked at, and as much remains.
        wider = len(self) / count
        chosen: dict[str, Any] = {}
        if allowed is not None:
            chosen["sel"] = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        if isinstance(self._index, faiss.IndexIVF):
            cells = min(math.ceil(self._index.nprobe * wider), self._index.nlist)
            return faiss.SearchParametersIVF(nprobe=cells, **chosen)
        candidates = math.ceil(max(self._index.hnsw.efSearch, depth) * wider)
        return faiss.SearchParametersHNSW(efSearch=candidates, **chosen)


def build_index(vectors: NDArray[np.float32], params: IndexParams) -> VectorIndex:
    """Index unit vectors, shape [rows, dimension]; `flat` is exact.

    Raises:
        ParamsError: the kind cannot be built from so many vectors or of this dimension.
    """
    rows, dimension = vectors.shape
    check_index_params(rows, dimension, params)
    index = _empty_index(dimension, params)
    held = np.ascontiguousarray(vectors)
    threads = faiss.omp_get_max_threads()
    # Threads race to link a vector into HNSW's graph, and nothing promises that k-means adds in
    # the same order in each: with one thread the same vectors make the same bytes.
    faiss.omp_set_num_threads(1)
    try:
        if not index.is_trained:
            index.train(held)
        index.add(held)
    finally:
        faiss.omp_set_num_threads(threads)
    return VectorIndex(index)


def check_index_params(rows: int, dimension: int, params: IndexParams) -> None:
    """Check that `rows` vectors of `dimension` numbers can be indexed as `params` say.

    Raises:
        ParamsError: naming the value that does not fit, and what would.
    """
    if params.kind != "ivf_pq":
        return
    if dimension % params.pq_m:
        divisors = [str(each) for each in range(8, dimension + 1) if dimension % each == 0]
        raise ParamsError(
            f"`index.pq_m` is {params.pq_m}, which does not divide the encoder's {dimension} "
            f"numbers; set it to one of {', '.join(divisors)}"
        )
    if rows < POINTS * CENTROIDS:
        raise ParamsError(
            f"`index.kind` ivf_pq needs {POINTS * CENTROIDS} chunks to train on, and there are "
            f"{rows}; set `index.kind` to flat, which is quick up to many more"
        )
    if rows < POINTS * params.ivf_nlist:
        raise ParamsError(
            f"`index.ivf_nlist` {params.ivf_nlist} needs {POINTS * params.ivf_nlist} chunks, "
            f"{POINTS} for each cell, and there are {rows}; set it to at most {rows // POINTS}, "
            "or `index.kind` to flat"
        )


def exact_index(vectors: NDArray[np.float32]) -> VectorIndex:
    """Index vectors, shape [rows, dimension], so that a search compares every one of them."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return VectorIndex(index)


def write_index(path: Path, index: VectorIndex) -> None:
    """Write FAISS's own format, whole or not at all."""
    with replacing_file(path) as temporary:
        faiss.write_index(index._index, str(temporary))


def read_index(path: Path) -> VectorIndex:
    """Open FAISS's own format; a flat index stays on the disk, and is read as it is searched.

    Its file must not be written to meanwhile; `write_index` replaces it instead.

    Raises:
        ArtifactError: the file is missing or broken.
    """
    if not path.is_file():
        raise ArtifactError(f"{path} does not exist; run `dvc repro` or `dvc pull`")
    try:
        # Mapping what is cut off can crash FAISS, so it maps only what is whole for certain.
        flags = faiss.IO_FLAG_MMAP_IFC if _is_whole_and_flat(path) else 0
        return VectorIndex(faiss.read_index(str(path), flags))
    except (RuntimeError, OSError):
        raise ArtifactError(
            f"{path} is not a readable FAISS index; remove it and run `dvc repro`"
        ) from None


def _is_whole_and_flat(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(_FLAT_HEADER.size)
    if len(start) < _FLAT_HEADER.size:
        return False
    kind, dimension, rows, _, _, _, _, numbers = _FLAT_HEADER.unpack(start)
    size = _FLAT_HEADER.size + 4 * numbers
    whole: bool = dimension * rows == numbers and path.stat().st_size == size
    return kind == b"IxFI" and whole


def _empty_index(dimension: int, params: IndexParams) -> Any:
    flat = faiss.IndexFlatIP(dimension)
    if params.kind == "flat":
        return flat
    if params.kind == "hnsw":
        index = faiss.IndexHNSWFlat(dimension, params.hnsw_m, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = params.hnsw_ef_construction
        index.hnsw.efSearch = params.hnsw_ef_search
        return index
    index = faiss.IndexIVFPQ(
        flat, dimension, params.ivf_nlist, params.pq_m, 8, faiss.METRIC_INNER_PRODUCT
    )
    index.nprobe = params.ivf_nprobe
    index.cp.seed = index.pq.cp.seed = _SEED
    index.pq.cp.niter = _ROUNDS
    return index


def _products(query: NDArray[np.float32], vectors: Any, count: int) -> NDArray[np.float32]:
    """Return the inner products with `count` vectors that lie at a pointer."""
    products = np.zeros(count, dtype=np.float32)
    # BLAS adds in an order that depends on where the arrays lie in memory, this does not.
    faiss.fvec_inner_products_ny(
        faiss.swig_ptr(products), faiss.swig_ptr(query), vectors, len(query), count
    )
    return np.round(products, _DIGITS)
