"""Embed: chunks to vectors, each distinct text once."""

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.onnx_encoder import OnnxEncoder


def embed_texts(texts: Sequence[str], encoder: OnnxEncoder) -> NDArray[np.float32]:
    """Return unit vectors, shape [len(texts), dimension], in the order of the texts."""
    distinct = sorted(set(texts))
    row = {text: number for number, text in enumerate(distinct)}
    log = logging.getLogger("winnow")
    if truncated := encoder.truncated(distinct):
        log.warning(
            "embed: %d of %d texts are longer than the encoder's %d tokens: their end is not seen",
            truncated,
            len(distinct),
            encoder.card.max_tokens,
        )
    vectors = encoder.encode(distinct, progress="embed")
    return vectors[[row[text] for text in texts]]
