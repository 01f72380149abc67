"""Vector index: exact inner product over the chunks' vectors, through FAISS."""

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from pipeline.artifact import replacing_file
from pipeline.errors import ArtifactError
from pipeline.params import IndexParams

_DIGITS = 6


class VectorIndex:
    """Finds the rows whose vectors have the greatest inner product with a query."""

    def __init__(self, index: Any) -> None:
        """Take a FAISS index."""
        self._index = index

    def __len__(self) -> int:
        """Return the number of vectors."""
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def search(self, query: NDArray[np.float32], k: int) -> tuple[list[int], list[float]]:
        """Return at most `k` rows and their inner products, best first; ties by row number."""
        k = min(k, len(self))
        if k == 0:
            return [], []
        found = self._nearest(query, k)
        return [row for row, _ in found], [score for _, score in found]

    def scores(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the inner product with every vector, shape [rows]."""
        if not len(self):
            return np.zeros(0, dtype=np.float32)
        held = faiss.rev_swig_ptr(self._index.get_xb(), len(self) * self.dimension)
        products: NDArray[np.float32] = held.reshape(len(self), self.dimension) @ query
        # The last digits of a dot product depend on where its arrays lie in memory.
        return np.round(products, _DIGITS)

    def _nearest(self, query: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        # Of rows that tie at the cut FAISS keeps any, so it is asked for more until none does.
        depth = k
        while True:
            depth = min(depth + 1, len(self))
            scores, rows = self._index.search(query.reshape(1, -1), depth)
            pairs = sorted(zip(rows[0].tolist(), scores[0].tolist(), strict=True), key=_best_first)
            if depth == len(self) or pairs[k - 1][1] > pairs[-1][1]:
                return pairs[:k]
            depth *= 4


def build_index(vectors: NDArray[np.float32], params: IndexParams) -> VectorIndex:
    """Index vectors, shape [rows, dimension]; `flat` is exact."""
    index = {"flat": faiss.IndexFlatIP}[params.kind](vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return VectorIndex(index)


def write_index(path: Path, index: VectorIndex) -> None:
    """Write FAISS's own format, whole or not at all."""
    with replacing_file(path) as temporary:
        faiss.write_index(index._index, str(temporary))


def read_index(path: Path) -> VectorIndex:
    """Read FAISS's own format.

    Raises:
        ArtifactError: the file is missing or broken.
    """
    if not path.is_file():
        raise ArtifactError(f"{path} does not exist; run `dvc repro` or `dvc pull`")
    try:
        return VectorIndex(faiss.read_index(str(path)))
    except RuntimeError:
        raise ArtifactError(
            f"{path} is not a readable FAISS index; remove it and run `dvc repro`"
        ) from None


def _best_first(pair: tuple[int, float]) -> tuple[float, int]:
    row, score = pair
    return -score, row
