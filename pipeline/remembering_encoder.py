"""An Encoder that remembers: the sentences of a corpus come back with question after question."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from pipeline.encoder import Encoder

_KEPT = 8192
"""Vectors kept, those used last; of 384 numbers they take 13 MB."""


class RememberingEncoder:
    """Encodes through another Encoder what it has not encoded lately; threads may share it."""

    def __init__(self, encoder: Encoder, kept: int = _KEPT) -> None:
        """Take the Encoder and how many vectors to keep."""
        self._encoder = encoder
        self._kept = kept
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    @property
    def hash(self) -> str:
        """Content hash of all that determines a vector."""
        return self._encoder.hash

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    def encode(self, texts: Sequence[str], progress: str | None = None) -> NDArray[np.float32]:
        """Return unit vectors, shape [len(texts), dimension]; `progress` names a bar to show."""
        with self._lock:
            found = {text: self._vectors[text] for text in texts if text in self._vectors}
        missing = list(dict.fromkeys(text for text in texts if text not in found))
        if missing:
            # A row of its own, so that what is kept does not keep the whole batch.
            vectors = [vector.copy() for vector in self._encoder.encode(missing, progress)]
            found.update(zip(missing, vectors, strict=True))
        with self._lock:
            for text in dict.fromkeys(texts):
                self._vectors[text] = found[text]
                self._vectors.move_to_end(text)
            while len(self._vectors) > self._kept:
                self._vectors.popitem(last=False)
        result = np.empty((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            result[row] = found[text]
        return result
