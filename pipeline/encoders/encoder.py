"""Encoder: texts to unit vectors."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from pipeline.files import check_complete, read_model

CARD = "encoder.json"


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


class EncoderCard(BaseModel):
    """What an encoder is; of one behind an endpoint a Version holds nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Literal["local", "openai"] = "local"
    """Where it runs; Versions from before there was a choice, which are local, do not say."""
    model: str
    dimension: int
    max_tokens: int
    precision: str = "fp32"
    parity: float = 1.0
    """Least cosine between its vectors and the original model's, over the parity texts.

    1 of an endpoint, whose model is itself the original.
    """
    lone: bool = False
    """Whether a text in a batch of its own gets the bytes that it gets among others."""
    hash: str
    """Of all that determines a vector; for an endpoint that is its model's name and the limits."""


def as_rows(
    texts: Sequence[str], vectors: Mapping[str, NDArray[np.float32]], dimension: int
) -> NDArray[np.float32]:
    """Return each text's vector as a row, shape [len(texts), dimension]."""
    rows = np.empty((len(texts), dimension), dtype=np.float32)
    for row, text in enumerate(texts):
        rows[row] = vectors[text]
    return rows


def read_card(files: Mapping[str, Path]) -> EncoderCard:
    """Read the card among an encoder's files by name.

    Raises:
        ArtifactError: it is missing or broken.
    """
    check_complete(files, (CARD,), "encoder")
    return read_model(files[CARD], EncoderCard)
