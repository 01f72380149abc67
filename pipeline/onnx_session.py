"""ONNX sessions: weights and tokenizer opened from their files, and what goes through them."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ArtifactError
from pipeline.telemetry import switch_off_telemetry

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


def encodable(text: str) -> str:
    """Replace lone surrogates, such as a terminal hands over for bytes that are not UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def broken(path: Path, error: Exception) -> ArtifactError:
    """Return the error that a file is to be built again."""
    reason = " ".join(str(error).split())[:200]
    return ArtifactError(f"{path} is broken ({reason}); remove it and run `dvc repro`")
