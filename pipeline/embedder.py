"""Embedder: the encoder that params name, ready to embed what a Version is built from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.digest import folder_files
from pipeline.embedding import embed_texts
from pipeline.embedding_cache import EmbeddingCache
from pipeline.encoder_export import exported_encoder
from pipeline.encoder_opening import VersionEncoder, open_encoder
from pipeline.params import EncoderParams

if TYPE_CHECKING:
    from pipeline.endpoints import Endpoints


@dataclass(frozen=True, slots=True)
class Embedder:
    """Gives texts their vectors, those that are known from its cache."""

    exported: Path
    """The folder of the encoder's files."""
    encoder: VersionEncoder
    cache: EmbeddingCache

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape [len(texts), dimension], in the order of the texts."""
        return embed_texts(texts, self.encoder, self.cache)


def open_embedder(
    params: EncoderParams, scratch: Path, endpoints: "Endpoints | None" = None
) -> Embedder:
    """Export and open an encoder; exports and vectors are kept below the folder `scratch`.

    Raises:
        ParamsError: there is no such model.
        PrerequisiteError: a package or an endpoint's variable is missing.
        EndpointError: an endpoint gives no vector.
    """
    exported = exported_encoder(params, scratch / "encoders", endpoints)
    encoder = open_encoder(folder_files(exported), endpoints)
    return Embedder(exported, encoder, EmbeddingCache(scratch / "embeddings", encoder.card))
