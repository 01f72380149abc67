"""Encoder: texts to unit vectors."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Turns texts into unit vectors; equal text gives equal vectors, whatever its neighbours."""

    @property
    def hash(self) -> str:
        """Content hash of all that determines a vector."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str], progress: str | None = None) -> NDArray[np.float32]:
        """Return unit vectors, shape [len(texts), dimension]; `progress` names a bar to show."""
