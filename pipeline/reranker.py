"""Reranker: a question and texts to scores that say how well each one answers it."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Reranker(Protocol):
    """Reads a question together with each text, which is dearer and surer than comparing vectors.

    A text's score does not depend on the texts beside it.
    """

    def rerank(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return a score for each text, shape [len(texts)]; higher is closer."""
