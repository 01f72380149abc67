"""An Encoder that needs neither torch nor a hub: ONNX weights and a tokenizer."""

from collections.abc import Mapping, Sequence
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
    from tokenizers import Tokenizer

WEIGHTS = "model.onnx"
TOKENIZER = "tokenizer.json"
CARD = "encoder.json"

_BATCH = 32


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
    """Encodes through onnxruntime in fp32, which is bitwise stable over batches of two or more."""

    def __init__(
        self, card: EncoderCard, session: "onnxruntime.InferenceSession", tokenizer: "Tokenizer"
    ) -> None:
        """Take an open session and a tokenizer that truncates and pads."""
        self.card = card
        self._session = session
        self._tokenizer = tokenizer

    @classmethod
    def open(cls, files: Mapping[str, Path], threads: int = 0) -> "OnnxEncoder":
        """Open the encoder of a Version or an export; `threads` 0 lets onnxruntime choose.

        Raises:
            ArtifactError: a file is missing or broken.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        for name in (WEIGHTS, TOKENIZER, CARD):
            if name not in files:
                raise ArtifactError(f"the encoder lacks {name}; run `dvc repro` or `dvc pull`")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            card = EncoderCard.model_validate(read_json(files[CARD]))
            session = onnxruntime.InferenceSession(
                str(files[WEIGHTS]), options, providers=["CPUExecutionProvider"]
            )
            tokenizer = Tokenizer.from_file(str(files[TOKENIZER]))
        except ValidationError as error:
            raise _broken(files[CARD], error) from None
        except ArtifactError:
            raise
        except Exception as error:
            # Both libraries raise bare Exception subclasses of their own.
            raise _broken(files[WEIGHTS], error) from None
        tokenizer.enable_truncation(card.max_tokens)
        tokenizer.enable_padding()
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
        """Return unit vectors, shape [len(texts), dimension].

        Texts go through in order of length, so that a batch carries little padding; a batch
        is never one text, whose vector would differ in its last bits from the same text's
        among others.
        """
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]), reverse=True)
        batches = range(0, len(order), _BATCH)
        bar = tqdm(total=len(order), desc=progress, unit="text", disable=None if progress else True)
        with bar:
            for first in batches:
                rows = order[first : first + _BATCH]
                vectors[rows] = self._run([texts[row] for row in rows])
                bar.update(len(rows))
        return vectors

    def truncated(self, texts: Sequence[str]) -> int:
        """Count the texts that are longer than the encoder sees."""
        return sum(bool(encoding.overflowing) for encoding in self._tokenizer.encode_batch(texts))

    def _run(self, texts: list[str]) -> NDArray[np.float32]:
        padded = texts if len(texts) > 1 else texts * 2
        encodings = self._tokenizer.encode_batch(padded)
        ids = np.array([encoding.ids for encoding in encodings], dtype=np.int64)
        mask = np.array([encoding.attention_mask for encoding in encodings], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        output: NDArray[np.float32] = self._session.run(None, inputs)[0]
        return output[: len(texts)]


def _broken(path: Path, error: Exception) -> ArtifactError:
    reason = " ".join(str(error).split())[:200]
    return ArtifactError(f"{path} is broken ({reason}); remove it and run `dvc repro`")
