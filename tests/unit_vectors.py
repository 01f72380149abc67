"""Vectors as an encoder makes them of a corpus: unit vectors that gather in clusters."""

import numpy as np
from numpy.typing import NDArray


def clustered(rows: int, dimension: int, seed: int = 7) -> NDArray[np.float32]:
    """Draw unit vectors, shape [rows, dimension], around one centre for every hundred rows."""
    random = np.random.default_rng(seed)
    centres = 1.25 * random.standard_normal((max(rows // 100, 1), dimension), dtype=np.float32)
    vectors = random.standard_normal((rows, dimension), dtype=np.float32)
    vectors += centres[random.integers(0, len(centres), rows)]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
