"""How the vector index grows: each kind of params.yaml, over more and more synthetic vectors.

    python -m benchmarks.index_growth [--million]

Prints a Markdown table. Vectors have 384 numbers and gather in clusters of a hundred; the queries
are vectors of the index itself, one at a time.
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ParamsError
from pipeline.params import IndexParams, read_section
from pipeline.retrieval.index_recall import measure_recall
from pipeline.retrieval.vector_index import VectorIndex, build_index, read_index, write_index
from tests.support.corpus import clustered

DIMENSION = 384
SIZES = (1_000, 5_000, 20_000, 100_000)
MILLION = 1_000_000
KINDS = ("flat", "hnsw", "ivf_pq")
_QUERIES = 200
_PATIENCE = 20.0
"""Seconds after which no more queries are timed."""
_COLUMNS = (
    "vectors", "kind", "build (s)", "file (MB)", "open (ms)", "query p50 (ms)", "p95 (ms)",
    "recall@10",
)  # fmt: skip
_HEAD = f"| {' | '.join(_COLUMNS)} |\n|---:|---|{'---:|' * 6}\n"


@dataclass(frozen=True, slots=True)
class IndexFigures:
    """One kind of index at one size; seconds, and the quantiles of a query's in milliseconds."""

    build: float
    size: int
    opening: float
    p50: float
    p95: float
    recall: float


def measure(vectors: NDArray[np.float32], params: IndexParams, folder: Path) -> IndexFigures:
    """Build, write, open and search one index."""
    start = time.perf_counter()
    built = build_index(vectors, params)
    seconds = time.perf_counter() - start
    path = folder / "vectors.faiss"
    write_index(path, built)
    del built
    start = time.perf_counter()
    index = read_index(path)
    opening = time.perf_counter() - start
    p50, p95 = np.quantile(_latencies(index, vectors), [0.5, 0.95])
    recall = measure_recall(index, vectors).recall
    return IndexFigures(seconds, path.stat().st_size, opening, float(p50), float(p95), recall)


def table_row(rows: int, kind: str, figures: IndexFigures | None) -> str:
    """Return one line of the table; dashes where the kind cannot be built of so few."""
    if figures is None:
        return f"| {rows:,} | {kind} | – | – | – | – | – | – |\n"
    return (
        f"| {rows:,} | {kind} | {figures.build:.2f} | {figures.size / 1e6:.1f} | "
        f"{1000 * figures.opening:.1f} | {figures.p50:.2f} | {figures.p95:.2f} | "
        f"{figures.recall:.3f} |\n"
    )


def main(arguments: list[str]) -> None:
    """Measure every kind at every size, but HNSW at a million, which one thread builds for long."""
    params = read_section(Path("params.yaml"), "index", IndexParams)
    sys.stdout.write(_HEAD)
    for rows in (*SIZES, MILLION) if "--million" in arguments else SIZES:
        vectors = clustered(rows, DIMENSION)
        for kind in KINDS:
            if kind == "hnsw" and rows == MILLION:
                continue
            sys.stderr.write(f"{kind} of {rows:,} vectors ...\n")
            with TemporaryDirectory() as folder:
                try:
                    figures = measure(
                        vectors, params.model_copy(update={"kind": kind}), Path(folder)
                    )
                except ParamsError as error:
                    sys.stderr.write(f"{error}\n")
                    figures = None
            sys.stdout.write(table_row(rows, kind, figures))
            sys.stdout.flush()


def _latencies(index: VectorIndex, vectors: NDArray[np.float32]) -> list[float]:
    """Return the milliseconds of one search for the ten nearest after another."""
    taken: list[float] = []
    index.search(vectors[0], 10)
    end = time.perf_counter() + _PATIENCE
    for row in range(0, len(vectors), max(len(vectors) // _QUERIES, 1)):
        start = time.perf_counter()
        index.search(vectors[row], 10)
        taken.append(1000 * (time.perf_counter() - start))
        if start > end:
            break
    return taken


if __name__ == "__main__":
    main(sys.argv[1:])
