import logging
from pathlib import Path

import pytest

from pipeline.embedding import embed_texts
from pipeline.embedding_cache import EmbeddingCache
from pipeline.onnx_encoder import OnnxEncoder

TEXTS = ["The pump stops.", "E-4471", "Thaw the return line slowly.", "La garantie dure dix ans."]


def test_a_text_has_the_same_bytes_whatever_the_rest_of_the_corpus(encoder: OnnxEncoder) -> None:
    small = embed_texts(TEXTS, encoder)
    others = [f"Chunk {number} of another document. " * (number % 9 + 1) for number in range(70)]
    large = embed_texts([*others[:30], *TEXTS, *others[30:]], encoder)
    assert large[30:34].tobytes() == small.tobytes()
    assert embed_texts(TEXTS[::-1], encoder)[::-1].tobytes() == small.tobytes()


def test_equal_texts_share_their_vector(encoder: OnnxEncoder) -> None:
    vectors = embed_texts(["a pump", "a valve", "a pump"], encoder)
    assert vectors[0].tobytes() == vectors[2].tobytes() != vectors[1].tobytes()


def test_no_texts_make_an_empty_array(encoder: OnnxEncoder) -> None:
    assert embed_texts([], encoder).shape == (0, encoder.dimension)


def test_texts_that_are_cut_off_are_said_once_each(
    encoder: OnnxEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="winnow"):
        embed_texts(["pump " * 500, "pump " * 500, "short"], encoder)
    [message] = caplog.messages
    assert "1 of 2 texts are longer than the encoder's 128 tokens" in message


def test_a_second_build_encodes_what_changed_alone_and_has_the_same_bytes(
    encoder: OnnxEncoder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="winnow")
    before, after = [*TEXTS, TEXTS[0]], [*TEXTS[:3], "changed", TEXTS[0]]
    for texts, encoded in ((before, 4), (after, 1), (before, 0)):
        cold = embed_texts(texts, encoder)
        kept = embed_texts(texts, encoder, EmbeddingCache(tmp_path, encoder.card))
        assert kept.tobytes() == cold.tobytes()
        assert caplog.messages[-1] == f"embed: 4 texts, {encoded} of them encoded now"
