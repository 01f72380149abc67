"""Embed: chunks to vectors, each distinct text once, and none that the cache knows."""

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pipeline.embedding_cache import EmbeddingCache
from pipeline.onnx_encoder import OnnxEncoder

_SLICE = 512
"""Texts after which vectors are kept, so that a build that ends early does not lose them."""


def embed_texts(
    texts: Sequence[str], encoder: OnnxEncoder, cache: EmbeddingCache | None = None
) -> NDArray[np.float32]:
    """Return unit vectors, shape [len(texts), dimension], in the order of the texts."""
    # Of like length, so that a slice fills the encoder's batches.
    distinct = sorted(set(texts), key=lambda text: (-len(text), text))
    _warn_of_cuts(distinct, encoder)
    vectors = np.empty((len(distinct), encoder.dimension), dtype=np.float32)
    encoded = 0
    with tqdm(total=len(distinct), desc="embed", unit="text", disable=None) as bar:
        for first in range(0, len(distinct), _SLICE):
            part = distinct[first : first + _SLICE]
            known = cache.get(part) if cache else {}
            missing = [text for text in part if text not in known]
            new = dict(zip(missing, encoder.encode(missing), strict=True))
            if cache and new:
                cache.put(new)
            vectors[first : first + len(part)] = [
                known[text] if text in known else new[text] for text in part
            ]
            encoded += len(new)
            bar.update(len(part))
    logging.getLogger("winnow").info(
        "embed: %d texts, %d of them encoded now", len(distinct), encoded
    )
    row = {text: number for number, text in enumerate(distinct)}
    return vectors[[row[text] for text in texts]]


def _warn_of_cuts(texts: Sequence[str], encoder: OnnxEncoder) -> None:
    if cut := encoder.truncated(texts):
        logging.getLogger("winnow").warning(
            "embed: %d of %d texts are longer than the encoder's %d tokens: their end is not seen",
            cut,
            len(texts),
            encoder.card.max_tokens,
        )
