"""Reranker: a question and texts to scores that say how well each one answers it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.encoders.onnx_encoder import (
    batches,
    broken,
    open_session,
    open_tokenizer,
    padded_length,
)
from pipeline.errors import ArtifactError
from pipeline.files import hash_file, hash_of, read_json
from pipeline.text.tokens import encodable


class Reranker(Protocol):
    """Reads a question together with each text, which is dearer and surer than comparing vectors.

    A text's score does not depend on the texts beside it.
    """

    def rerank(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return a score for each text, shape [len(texts)]; higher is closer."""


if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Encoding, Tokenizer

WEIGHTS = "model.onnx"
TOKENIZER = "tokenizer.json"
CARD = "reranker.json"

_DIGITS = 6


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


def reranker_hash(weights: Path, tokenizer: Path, max_tokens: int) -> str:
    """Hash all that determines a score."""
    return hash_of([hash_file(weights), hash_file(tokenizer), max_tokens])


class OnnxReranker:
    """Scores pairs through onnxruntime; a pair's score never depends on its neighbours.

    The last bits of a score depend on the padded length and on whether a batch holds one pair or
    more, so each pair is padded to a length of its own, goes among others of that length, and is
    never alone.
    """

    def __init__(
        self, card: RerankerCard, session: "onnxruntime.InferenceSession", tokenizer: "Tokenizer"
    ) -> None:
        """Take an open session and a tokenizer that truncates and does not pad."""
        self.card = card
        self._session = session
        self._tokenizer = tokenizer

    @classmethod
    def open(cls, files: Mapping[str, Path], threads: int = 0) -> "OnnxReranker":
        """Open the reranker of a Version or an export; `threads` 0 lets onnxruntime choose.

        Raises:
            ArtifactError: a file is missing or broken.
        """
        for name in (WEIGHTS, TOKENIZER, CARD):
            if name not in files:
                raise ArtifactError(f"the reranker lacks {name}; run `dvc repro` or `dvc pull`")
        try:
            card = RerankerCard.model_validate(read_json(files[CARD]))
        except ValidationError as error:
            raise broken(files[CARD], error) from None
        session = open_session(files[WEIGHTS], threads)
        return cls(card, session, open_tokenizer(files[TOKENIZER], card.max_tokens))

    @property
    def hash(self) -> str:
        """Content hash of weights, tokenizer and length."""
        return self.card.hash

    def rerank(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return a score for each text, shape [len(texts)], in the model's own unit, 6 digits."""
        scores = np.empty(len(texts), dtype=np.float64)
        asked = encodable(question)
        pairs = self._tokenizer.encode_batch([(asked, encodable(text)) for text in texts])
        lengths = [padded_length(len(pair.ids), self.card.max_tokens) for pair in pairs]
        for rows in batches(lengths):
            batch = [pairs[row] for row in rows] * (2 if len(rows) == 1 else 1)
            scores[rows] = self._run(batch, lengths[rows[0]])[: len(rows)]
        # The last digits of a dot product depend on where its arrays lie in memory.
        return np.round(scores, _DIGITS)

    def _run(self, pairs: Sequence["Encoding"], length: int) -> NDArray[np.float32]:
        ids, mask, types = np.zeros((3, len(pairs), length), dtype=np.int64)
        for row, pair in enumerate(pairs):
            count = len(pair.ids)
            ids[row, :count], mask[row, :count], types[row, :count] = pair.ids, 1, pair.type_ids
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        taken = {each.name: inputs[each.name] for each in self._session.get_inputs()}
        output: NDArray[np.float32] = self._session.run(None, taken)[0]
        return output
