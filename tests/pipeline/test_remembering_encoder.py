from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from pipeline.onnx_encoder import OnnxEncoder
from pipeline.remembering_encoder import RememberingEncoder


class CountingEncoder:
    """An Encoder that keeps what it was asked for; a vector tells its text's length."""

    hash = "counting"
    dimension = 2

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def encode(
        self,
        texts: Sequence[str],
        progress: str | None = None,  # noqa: ARG002
    ) -> NDArray[np.float32]:
        self.asked.append(list(texts))
        return np.array([[len(text), 1] for text in texts], np.float32).reshape(-1, 2)


def test_a_text_is_encoded_once_and_its_vector_comes_back_in_order() -> None:
    counting = CountingEncoder()
    encoder = RememberingEncoder(counting)
    assert encoder.encode(["a", "bb", "a"])[:, 0].tolist() == [1, 2, 1]
    assert encoder.encode(["ccc", "bb", "a"])[:, 0].tolist() == [3, 2, 1]
    assert counting.asked == [["a", "bb"], ["ccc"]]
    assert (encoder.hash, encoder.dimension) == ("counting", 2)
    assert encoder.encode([]).shape == (0, 2)


def test_what_was_not_used_lately_is_forgotten_first() -> None:
    counting = CountingEncoder()
    encoder = RememberingEncoder(counting, kept=2)
    for texts in (["a", "b"], ["a"], ["c"], ["a"], ["b"]):
        encoder.encode(texts)
    assert counting.asked == [["a", "b"], ["c"], ["b"]]
    assert encoder.encode(["x", "yy", "zzz"])[:, 0].tolist() == [1, 2, 3]


def test_the_bytes_are_those_of_the_encoder_itself(encoder: OnnxEncoder) -> None:
    remembering = RememberingEncoder(encoder)
    texts = ["The pump stops.", "E-4471", "Thaw the return line slowly."]
    remembering.encode(texts[:1])
    assert remembering.encode(texts).tobytes() == encoder.encode(texts).tobytes()


def test_threads_share_it(encoder: OnnxEncoder) -> None:
    remembering = RememberingEncoder(encoder, kept=3)
    batches = [[f"pump {number % 5}", f"valve {number % 3}"] for number in range(24)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(remembering.encode, batches))
    for batch, vectors in zip(batches, found, strict=True):
        assert vectors.tobytes() == encoder.encode(batch).tobytes()
