"""An Encoder that needs neither torch nor a hub: ONNX weights and a tokenizer."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pipeline.encoders.encoder import CARD, EncoderCard, read_card
from pipeline.encoders.onnx_model import TOKENIZER, WEIGHTS, WORDS, OnnxModel, TokenIds
from pipeline.files import check_complete, hash_file, hash_of
from pipeline.text.tokens import encodable

if TYPE_CHECKING:
    from tokenizers import Encoding

_SLICE = 1024
"""Texts whose tokens are held in full at a time."""
_PORTION = 512


class OnnxEncoder:
    """Encodes through onnxruntime; a text's vector never depends on its neighbours."""

    def __init__(self, card: EncoderCard, model: OnnxModel) -> None:
        self.card = card
        self._model = model

    @classmethod
    def open(cls, files: Mapping[str, Path], threads: int = 0) -> "OnnxEncoder":
        """Open the encoder of a Version or an export; `threads` 0 lets onnxruntime choose.

        Raises:
            ArtifactError: a file is missing or broken.
        """
        check_complete(files, (WEIGHTS, TOKENIZER, CARD), "encoder")
        card = read_card(files)
        return cls(card, OnnxModel(files, card.max_tokens, threads))

    @property
    def hash(self) -> str:
        """Content hash of weights, tokenizer and length."""
        return self.card.hash

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.card.dimension

    def encode(self, texts: Sequence[str], progress: str | None = None) -> NDArray[np.float32]:
        """Return unit vectors, shape [len(texts), dimension], in fp32."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        bar = tqdm(total=len(texts), desc=progress, unit="text", disable=None if progress else True)
        with bar:
            for rows, output in self._model.outputs(self._tokens(texts), lone=self.card.lone):
                vectors[rows] = output
                bar.update(len(rows))
        return vectors

    def portions(self, texts: Sequence[str]) -> Iterator[Mapping[str, NDArray[np.float32]]]:
        """Yield the vectors of distinct texts, by text, some hundreds at a time."""
        for first in range(0, len(texts), _PORTION):
            part = texts[first : first + _PORTION]
            yield dict(zip(part, self.encode(part), strict=True))

    def truncated(self, texts: Sequence[str]) -> int:
        """Count the texts that are longer than the encoder sees."""
        return sum(bool(encoding.overflowing) for encoding in self._encodings(texts))

    def feed(self, text: str) -> dict[str, NDArray[Any]]:
        """Return what the graph is given for a text, by name."""
        return self._model.feed(self._tokens([text]))

    def is_same_alone(self, text: str) -> bool:
        """Whether a text in a batch of its own gets the bytes that it gets beside itself."""
        tokens = self._tokens([text])
        beside = [self._model.run(self._model.feed(tokens * size))[0] for size in (1, 2, 7)]
        return all(vector.tobytes() == beside[0].tobytes() for vector in beside)

    def _tokens(self, texts: Sequence[str]) -> list[TokenIds]:
        return [np.array(each.ids, dtype=np.int32) for each in self._encodings(texts)]

    def _encodings(self, texts: Sequence[str]) -> Iterator["Encoding"]:
        for first in range(0, len(texts), _SLICE):
            slice_ = [encodable(text) for text in texts[first : first + _SLICE]]
            yield from self._model.tokenizer.encode_batch(slice_)


def encoder_hash(files: Mapping[str, Path], max_tokens: int) -> str:
    """Hash all that determines a vector."""
    names = [name for name in (WEIGHTS, TOKENIZER, WORDS) if name in files]
    return hash_of([*(hash_file(files[name]) for name in names), max_tokens])
