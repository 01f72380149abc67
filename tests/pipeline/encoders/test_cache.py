import logging
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.encoders.cache import EmbeddingCache, RememberingEncoder
from pipeline.encoders.encoder import EncoderCard
from pipeline.encoders.onnx_encoder import OnnxEncoder

CARD = EncoderCard(model="m", dimension=3, max_tokens=8, parity=1.0, hash="e1")


def _vectors(*texts: str) -> dict[str, NDArray[np.float32]]:
    return {text: np.array([len(text), row, 0.1], np.float32) for row, text in enumerate(texts)}


def test_what_was_put_comes_back_byte_for_byte_and_nothing_else(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(1200)]
    EmbeddingCache(tmp_path / "new", CARD).put(_vectors(*texts))
    found = EmbeddingCache(tmp_path / "new", CARD).get([*texts, "unknown", "half \udce9"])
    assert {text: vector.tobytes() for text, vector in found.items()} == {
        text: vector.tobytes() for text, vector in _vectors(*texts).items()
    }


@pytest.mark.parametrize("change", [{"hash": "e2"}, {"precision": "int8"}])
def test_another_encoder_or_precision_knows_nothing_of_it(
    tmp_path: Path, change: dict[str, str]
) -> None:
    EmbeddingCache(tmp_path, CARD).put(_vectors("a"))
    assert EmbeddingCache(tmp_path, CARD.model_copy(update=change)).get(["a"]) == {}
    assert set(EmbeddingCache(tmp_path, CARD).get(["a"])) == {"a"}


def test_a_cache_that_was_deleted_is_empty(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path, CARD)
    cache.put(_vectors("a"))
    for file in tmp_path.iterdir():
        file.unlink()
    assert cache.get(["a"]) == {}


def test_a_damaged_file_is_said_and_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = EmbeddingCache(tmp_path, CARD)
    cache.put(_vectors("a"))
    [file] = tmp_path.iterdir()
    file.write_bytes(b"no database" * 100)
    with caplog.at_level(logging.WARNING, logger="winnow"):
        assert cache.get(["a"]) == {}
    assert "is damaged" in caplog.text
    cache.put(_vectors("a"))
    assert set(cache.get(["a"])) == {"a"}


def test_a_row_of_another_length_is_not_used(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path, CARD)
    cache.put(_vectors("a", "b"))
    [file] = tmp_path.iterdir()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE vectors SET vector = x'00'")
    connection.close()
    assert cache.get(["a", "b"]) == {}


def test_a_folder_that_cannot_be_written_keeps_nothing_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = EmbeddingCache(tmp_path / "file" / "cache", CARD)
    with caplog.at_level(logging.WARNING, logger="winnow"):
        cache.put(_vectors("a"))
    assert "nothing is kept" in caplog.text
    assert cache.get(["a"]) == {}


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
