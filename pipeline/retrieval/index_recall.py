"""Recall of an approximate vector index: how many of the nearest vectors it finds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ParamsError
from pipeline.params import IndexParams
from pipeline.retrieval.vector_index import VectorIndex, exact_index

NEAREST = 10
QUERIES = 200
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class IndexRecall:
    """The mean share of the ten nearest rows that are found, over so many queries."""

    recall: float
    queries: int


def measure_recall(index: VectorIndex, vectors: NDArray[np.float32]) -> IndexRecall:
    """Search an index with at most 200 of its own vectors, evenly spaced, each without its row.

    A row found counts where it is as near as the tenth: of equals any will do. An exact index is
    not searched: its recall is 1 by definition.
    """
    rows = len(vectors)
    if index.exact or rows < 2:
        return IndexRecall(1.0, 0)
    exact = exact_index(vectors)
    queries = [number * rows // QUERIES for number in range(QUERIES)] if rows > QUERIES else []
    shares = [_share(index, exact, vectors[row], row) for row in queries or range(rows)]
    return IndexRecall(round(sum(shares) / len(shares), _DIGITS), len(shares))


def check_recall(measured: IndexRecall, params: IndexParams) -> None:
    """Check that an index finds as much as params ask for.

    Raises:
        ParamsError: it finds less; names what to raise.
    """
    if measured.recall >= params.least_recall:
        return
    fixes = {
        "hnsw": f"`index.hnsw_ef_search` ({params.hnsw_ef_search}) or "
        f"`index.hnsw_m` ({params.hnsw_m})",
        "ivf_pq": f"`index.ivf_nprobe` ({params.ivf_nprobe}) or `index.pq_m` ({params.pq_m})",
    }
    raise ParamsError(
        f"the {params.kind} index finds {measured.recall} of the {NEAREST} nearest chunks, which "
        f"is below `index.least_recall` {params.least_recall}; raise {fixes[params.kind]}, or set "
        "`index.kind` to flat"
    )


def _share(index: VectorIndex, exact: VectorIndex, query: NDArray[np.float32], own: int) -> float:
    nearest, found = (each.search(query, NEAREST + 1) for each in (exact, index))
    others = nearest.scores[nearest.rows != own][:NEAREST]
    rows = found.rows[found.rows != own][:NEAREST]
    near = exact.scores(query, rows) >= np.float32(others[-1])
    return int(np.count_nonzero(near)) / len(others)
