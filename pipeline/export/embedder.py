"""Embedder: the encoder that params name, ready to embed what a Version is built from."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pipeline.encoders.cache import EmbeddingCache
from pipeline.encoders.encoder import as_rows
from pipeline.encoders.endpoint_encoder import EndpointEncoder
from pipeline.encoders.opening import VersionEncoder, open_encoder
from pipeline.export.encoder_export import exported_encoder
from pipeline.files import folder_files
from pipeline.params import EncoderParams

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints

_log = logging.getLogger("winnow")


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


def embed_texts(
    texts: Sequence[str], encoder: VersionEncoder, cache: EmbeddingCache | None = None
) -> NDArray[np.float32]:
    """Return unit vectors, shape [len(texts), dimension], in the order of the texts.

    The cache is given vectors as they come, so that a build that ends early does not lose them.
    """
    # Of like length, so that a portion fills the encoder's batches.
    distinct = sorted(set(texts), key=lambda text: (-len(text), text))
    if cut := encoder.truncated(distinct):
        _log.warning(
            "embed: %d of %d texts are longer than the encoder's %d tokens: their end is not seen",
            cut,
            len(distinct),
            encoder.card.max_tokens,
        )
    vectors = cache.get(distinct) if cache else {}
    missing = [text for text in distinct if text not in vectors]
    if missing and isinstance(encoder, EndpointEncoder):
        _log.info("embed: %s", encoder.forecast(missing).line)
    with tqdm(total=len(missing), desc="embed", unit="text", disable=None) as bar:
        for portion in encoder.portions(missing):
            if cache:
                cache.put(portion)
            vectors.update(portion)
            bar.update(len(portion))
    _log.info("embed: %d texts, %d of them encoded now", len(distinct), len(missing))
    return as_rows(texts, vectors, encoder.dimension)
