"""An Encoder that needs neither torch nor a hub: ONNX weights and a tokenizer."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pipeline.encoders.encoder import CARD, EncoderCard, read_card
from pipeline.errors import ArtifactError
from pipeline.files import hash_file, hash_of, map_array
from pipeline.process import switch_off_telemetry
from pipeline.text.tokens import encodable

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Tokenizer

_BATCH = 32
_STEP = 8


def open_session(path: Path, threads: int) -> "onnxruntime.InferenceSession":
    """Open weights; `threads` 0 lets onnxruntime choose.

    Raises:
        ArtifactError: the file is broken.
    """
    switch_off_telemetry()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # onnxruntime raises bare Exception subclasses of its own.
        raise broken(path, error) from None


def open_tokenizer(path: Path, max_tokens: int) -> "Tokenizer":
    """Open a tokenizer that cuts what is longer and pads nothing.

    Raises:
        ArtifactError: the file is broken.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        # tokenizers raises bare Exception.
        raise broken(path, error) from None
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def padded_length(tokens: int, most: int) -> int:
    """Return the length that so many tokens are padded to, whatever goes beside them."""
    return min(-(-tokens // _STEP) * _STEP, most)


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield rows of equal length, longest first, at most a batch of them."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    for _, group in groupby(order, key=lambda row: lengths[row]):
        rows = list(group)
        for first in range(0, len(rows), _BATCH):
            yield rows[first : first + _BATCH]


def broken(path: Path, error: Exception) -> ArtifactError:
    """Return the error that a file is to be built again."""
    reason = " ".join(str(error).split())[:200]
    return ArtifactError(f"{path} is broken ({reason}); remove it and run `dvc repro`")


if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Encoding, Tokenizer

WEIGHTS = "model.onnx"
TOKENIZER = "tokenizer.json"
WORD_VECTORS = "word_vectors"
"""The input that takes the place of a table of word vectors, shape [batch, tokens, width]."""
WORDS = "words.npy"
"""Vectors of words by token id, shape [words, width]; early Versions have them in the weights."""

_SLICE = 1024
_PORTION = 512


def encoder_hash(files: Mapping[str, Path], max_tokens: int) -> str:
    """Hash all that determines a vector."""
    names = [name for name in (WEIGHTS, TOKENIZER, WORDS) if name in files]
    return hash_of([*(hash_file(files[name]) for name in names), max_tokens])


class OnnxEncoder:
    """Encodes through onnxruntime; a text's vector never depends on its neighbours.

    The last bits of a vector depend on the padded length, so each text is padded to a length of
    its own and goes among others of that length. Where they depend on whether a batch holds one
    text or more too, no text is ever alone.
    """

    def __init__(
        self,
        card: EncoderCard,
        session: "onnxruntime.InferenceSession",
        tokenizer: "Tokenizer",
        words: NDArray[np.float32] | None,
    ) -> None:
        """Take an open session, a tokenizer that truncates and does not pad, and word vectors."""
        self.card = card
        self._session = session
        self._tokenizer = tokenizer
        self._words = words
        self._names = {each.name for each in session.get_inputs()}

    @classmethod
    def open(cls, files: Mapping[str, Path], threads: int = 0) -> "OnnxEncoder":
        """Open the encoder of a Version or an export; `threads` 0 lets onnxruntime choose.

        Raises:
            ArtifactError: a file is missing or broken.
        """
        for name in (WEIGHTS, TOKENIZER, CARD):
            if name not in files:
                raise ArtifactError(f"the encoder lacks {name}; run `dvc repro` or `dvc pull`")
        card = read_card(files)
        session = open_session(files[WEIGHTS], threads)
        tokenizer = open_tokenizer(files[TOKENIZER], card.max_tokens)
        words = map_array(files[WORDS]) if WORDS in files else None
        encoder = cls(card, session, tokenizer, words)
        encoder._check_words(files[WEIGHTS])
        return encoder

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
        tokens = self._tokens(texts)
        lengths = [padded_length(len(each), self.card.max_tokens) for each in tokens]
        bar = tqdm(total=len(texts), desc=progress, unit="text", disable=None if progress else True)
        with bar:
            for rows in batches(lengths):
                alone = len(rows) == 1 and not self.card.lone
                batch = [tokens[row] for row in rows] * (2 if alone else 1)
                vectors[rows] = self._run(batch, lengths[rows[0]])[: len(rows)]
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

    def feed(self, texts: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Return what the graph is given for a batch of texts, by name."""
        tokens = self._tokens(texts)
        return self._inputs(tokens, padded_length(max(map(len, tokens)), self.card.max_tokens))

    def is_same_alone(self, text: str) -> bool:
        """Whether a text in a batch of its own gets the bytes that it gets beside itself."""
        [tokens] = self._tokens([text])
        length = padded_length(len(tokens), self.card.max_tokens)
        beside = [self._run([tokens] * size, length)[0] for size in (1, 2, 7)]
        return all(vector.tobytes() == beside[0].tobytes() for vector in beside)

    def _tokens(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        return [np.array(each.ids, dtype=np.int32) for each in self._encodings(texts)]

    def _encodings(self, texts: Sequence[str]) -> Iterator["Encoding"]:
        """Yield tokens by text, never holding more than a slice of them."""
        for first in range(0, len(texts), _SLICE):
            slice_ = [encodable(text) for text in texts[first : first + _SLICE]]
            yield from self._tokenizer.encode_batch(slice_)

    def _inputs(self, tokens: Sequence[NDArray[np.int32]], length: int) -> dict[str, NDArray[Any]]:
        shape = (len(tokens), length)
        ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        for row, each in enumerate(tokens):
            ids[row, : len(each)] = each
            mask[row, : len(each)] = 1
        inputs: dict[str, NDArray[Any]] = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(ids),
        }
        if self._words is not None:
            inputs[WORD_VECTORS] = np.asarray(self._words[ids])
        return {name: inputs[name] for name in self._names}

    def _check_words(self, weights: Path) -> None:
        if (WORD_VECTORS in self._names) != (self._words is not None):
            raise ArtifactError(f"{weights} and {WORDS} do not belong together; run `dvc repro`")

    def _run(self, tokens: Sequence[NDArray[np.int32]], length: int) -> NDArray[np.float32]:
        output: NDArray[np.float32] = self._session.run(None, self._inputs(tokens, length))[0]
        return output
