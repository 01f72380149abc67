"""An Encoder that needs neither torch nor a hub: ONNX weights and a tokenizer."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from tqdm import tqdm

from pipeline.artifact import read_json
from pipeline.digest import hash_file, hash_of
from pipeline.errors import ArtifactError

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Encoding, Tokenizer

WEIGHTS = "model.onnx"
TOKENIZER = "tokenizer.json"
CARD = "encoder.json"

_BATCH = 32
_STEP = 16
_SLICE = 1024


class EncoderCard(BaseModel):
    """What an exported encoder is: beside the weights as `encoder.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    dimension: int
    max_tokens: int
    parity: float
    """Least cosine between its vectors and the original model's, over the parity texts."""
    hash: str
    """Of weights, tokenizer and `max_tokens`."""


def encoder_hash(weights: Path, tokenizer: Path, max_tokens: int) -> str:
    """Hash all that determines a vector."""
    return hash_of([hash_file(weights), hash_file(tokenizer), max_tokens])


class OnnxEncoder:
    """Encodes through onnxruntime in fp32; a text's vector never depends on its neighbours.

    The last bits of a vector depend on the padded length and on whether a batch holds one text
    or more, so each text is padded to a length of its own, goes among others of that length,
    and is never alone.
    """

    def __init__(
        self, card: EncoderCard, session: "onnxruntime.InferenceSession", tokenizer: "Tokenizer"
    ) -> None:
        """Take an open session and a tokenizer that truncates and does not pad."""
        self.card = card
        self._session = session
        self._tokenizer = tokenizer

    @classmethod
    def open(cls, files: Mapping[str, Path], threads: int = 0) -> "OnnxEncoder":
        """Open the encoder of a Version or an export; `threads` 0 lets onnxruntime choose.

        Raises:
            ArtifactError: a file is missing or broken.
        """
        for name in (WEIGHTS, TOKENIZER, CARD):
            if name not in files:
                raise ArtifactError(f"the encoder lacks {name}; run `dvc repro` or `dvc pull`")
        try:
            card = EncoderCard.model_validate(read_json(files[CARD]))
        except ValidationError as error:
            raise _broken(files[CARD], error) from None
        session = _open_session(files[WEIGHTS], threads)
        tokenizer = _open_tokenizer(files[TOKENIZER])
        tokenizer.enable_truncation(card.max_tokens)
        tokenizer.no_padding()
        return cls(card, session, tokenizer)

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
        lengths = [min(tokens, self.card.max_tokens) for tokens in self._padded_lengths(texts)]
        bar = tqdm(total=len(texts), desc=progress, unit="text", disable=None if progress else True)
        with bar:
            for rows in _batches(lengths):
                vectors[rows] = self._run([texts[row] for row in rows], lengths[rows[0]])
                bar.update(len(rows))
        return vectors

    def truncated(self, texts: Sequence[str]) -> int:
        """Count the texts that are longer than the encoder sees."""
        return sum(bool(encoding.overflowing) for encoding in self._encodings(texts))

    def _encodings(self, texts: Sequence[str]) -> Iterator["Encoding"]:
        """Yield tokens by text, never holding more than a slice of them."""
        for first in range(0, len(texts), _SLICE):
            slice_ = [_encodable(text) for text in texts[first : first + _SLICE]]
            yield from self._tokenizer.encode_batch(slice_)

    def _padded_lengths(self, texts: Sequence[str]) -> list[int]:
        counts = (len(encoding.ids) for encoding in self._encodings(texts))
        return [-(-tokens // _STEP) * _STEP for tokens in counts]

    def _run(self, texts: list[str], length: int) -> NDArray[np.float32]:
        shape = (max(len(texts), 2), length)
        ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        for row, encoding in enumerate(self._encodings(texts * 2 if len(texts) == 1 else texts)):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        taken = {each.name: inputs[each.name] for each in self._session.get_inputs()}
        output: NDArray[np.float32] = self._session.run(None, taken)[0]
        return output[: len(texts)]


def _open_session(path: Path, threads: int) -> "onnxruntime.InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # onnxruntime raises bare Exception subclasses of its own.
        raise _broken(path, error) from None


def _open_tokenizer(path: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:
        # tokenizers raises bare Exception.
        raise _broken(path, error) from None


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield rows of equal length, longest first, at most a batch of them."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    for _, group in groupby(order, key=lambda row: lengths[row]):
        rows = list(group)
        for first in range(0, len(rows), _BATCH):
            yield rows[first : first + _BATCH]


def _encodable(text: str) -> str:
    """Replace lone surrogates, such as a terminal hands over for bytes that are not UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _broken(path: Path, error: Exception) -> ArtifactError:
    reason = " ".join(str(error).split())[:200]
    return ArtifactError(f"{path} is broken ({reason}); remove it and run `dvc repro`")
