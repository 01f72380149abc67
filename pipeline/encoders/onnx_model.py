"""An ONNX model and its tokenizer on onnxruntime: what encoder and reranker are made of.

What a row of tokens gets never depends on its neighbours. The last bits of an output depend on the
padded length, so each row is padded to a length of its own and goes among others of that length;
they can depend on whether a batch holds one row or more too, so a row goes beside itself rather
than alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ArtifactError, one_line
from pipeline.files import broken
from pipeline.process import switch_off_telemetry
from pipeline.tables import map_array

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Tokenizer

WEIGHTS = "model.onnx"
TOKENIZER = "tokenizer.json"
WORDS = "words.npy"
"""Vectors of words by token id, shape [words, width]; early Versions have them in the weights."""
WORD_VECTORS = "word_vectors"
"""The input that takes the place of a table of word vectors, shape [batch, tokens, width]."""

TokenIds: TypeAlias = Sequence[int] | NDArray[np.int32]

_BATCH = 32
_STEP = 8


class OnnxModel:
    """An open graph and the tokenizer that makes its input of texts or pairs of texts."""

    def __init__(self, files: Mapping[str, Path], max_tokens: int, threads: int = 0) -> None:
        """Open the files of a Version or an export; `threads` 0 lets onnxruntime choose.

        Raises:
            ArtifactError: a file is broken, or words and weights do not belong together.
        """
        self._session = _open_session(files[WEIGHTS], threads)
        self.tokenizer = _open_tokenizer(files[TOKENIZER], max_tokens)
        self._max_tokens = max_tokens
        self._words = map_array(files[WORDS]) if WORDS in files else None
        self._names = {each.name for each in self._session.get_inputs()}
        if (WORD_VECTORS in self._names) != (self._words is not None):
            raise ArtifactError(
                f"{files[WEIGHTS]} and {WORDS} do not belong together; run `dvc repro`"
            )

    def outputs(
        self,
        ids: Sequence[TokenIds],
        types: Sequence[TokenIds] | None = None,
        lone: bool = False,
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Yield the numbers of some rows and their outputs, until all had their turn.

        Args:
            ids: Tokens of each row.
            types: Token types of each row; None for no more than one type.
            lone: Whether a row may be in a batch of its own.
        """
        lengths = [padded_length(len(each), self._max_tokens) for each in ids]
        for rows in batches(lengths):
            batch = rows * (2 if len(rows) == 1 and not lone else 1)
            kinds = [types[row] for row in batch] if types is not None else None
            yield rows, self.run(self.feed([ids[row] for row in batch], kinds))[: len(rows)]

    def feed(
        self, ids: Sequence[TokenIds], types: Sequence[TokenIds] | None = None
    ) -> dict[str, NDArray[Any]]:
        """Return what the graph is given for a batch, by name; rows are padded to the longest."""
        shape = (len(ids), padded_length(max(map(len, ids)), self._max_tokens))
        tokens, mask, kinds = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        for row, each in enumerate(ids):
            tokens[row, : len(each)] = each
            mask[row, : len(each)] = 1
            if types is not None:
                kinds[row, : len(each)] = types[row]
        inputs: dict[str, NDArray[Any]] = {
            "input_ids": tokens,
            "attention_mask": mask,
            "token_type_ids": kinds,
        }
        if self._words is not None:
            inputs[WORD_VECTORS] = np.asarray(self._words[tokens])
        return {name: inputs[name] for name in self._names}

    def run(self, fed: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Return the output for a batch, a row each."""
        output: NDArray[np.float32] = self._session.run(None, fed)[0]
        return output


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


def _open_session(path: Path, threads: int) -> "onnxruntime.InferenceSession":
    switch_off_telemetry()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # onnxruntime raises bare Exception subclasses of its own.
        raise broken(path, one_line(error, 200)) from None


def _open_tokenizer(path: Path, max_tokens: int) -> "Tokenizer":
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        # tokenizers raises bare Exception.
        raise broken(path, one_line(error, 200)) from None
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer
