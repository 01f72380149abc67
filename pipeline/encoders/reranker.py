"""Reranker: a question and texts to scores that say how well each one answers it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from pipeline.encoders.onnx_model import TOKENIZER, WEIGHTS, OnnxModel
from pipeline.files import check_complete, hash_file, hash_of, read_model
from pipeline.text.tokens import encodable

CARD = "reranker.json"

_DIGITS = 6


class Reranker(Protocol):
    """Reads a question together with each text, which is dearer and surer than comparing vectors.

    A text's score does not depend on the texts beside it.
    """

    def rerank(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return a score for each text, shape [len(texts)]; higher is closer."""


class RerankerCard(BaseModel):
    """What an exported reranker is: beside the weights as `reranker.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    max_tokens: int
    """Of question and text together; the longer of the two is cut first."""
    deviation: float
    """Greatest difference between its scores and the original model's, over the parity pairs."""
    hash: str
    """Of weights, tokenizer and `max_tokens`."""


class OnnxReranker:
    """Scores pairs through onnxruntime; a pair's score never depends on its neighbours."""

    def __init__(self, card: RerankerCard, model: OnnxModel) -> None:
        self.card = card
        self._model = model

    @classmethod
    def open(cls, files: Mapping[str, Path], threads: int = 0) -> "OnnxReranker":
        """Open the reranker of a Version or an export; `threads` 0 lets onnxruntime choose.

        Raises:
            ArtifactError: a file is missing or broken.
        """
        check_complete(files, (WEIGHTS, TOKENIZER, CARD), "reranker")
        card = read_model(files[CARD], RerankerCard)
        return cls(card, OnnxModel(files, card.max_tokens, threads))

    @property
    def hash(self) -> str:
        """Content hash of weights, tokenizer and length."""
        return self.card.hash

    def rerank(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return a score for each text, shape [len(texts)], in the model's own unit, 6 digits."""
        scores = np.empty(len(texts), dtype=np.float64)
        asked = encodable(question)
        pairs = self._model.tokenizer.encode_batch([(asked, encodable(text)) for text in texts])
        ids, types = [pair.ids for pair in pairs], [pair.type_ids for pair in pairs]
        for rows, output in self._model.outputs(ids, types):
            scores[rows] = output
        # The last digits of a dot product depend on where its arrays lie in memory.
        return np.round(scores, _DIGITS)


def reranker_hash(files: Mapping[str, Path], max_tokens: int) -> str:
    """Hash all that determines a score."""
    return hash_of([hash_file(files[WEIGHTS]), hash_file(files[TOKENIZER]), max_tokens])
