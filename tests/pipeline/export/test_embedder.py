import logging
from pathlib import Path

import pytest

from pipeline.encoders.cache import EmbeddingCache
from pipeline.encoders.onnx_encoder import OnnxEncoder
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import PrerequisiteError
from pipeline.export.embedder import embed_texts, open_embedder
from pipeline.params import EncoderParams
from tests.loopback.fixture import environment, serving
from tests.support.versions import SETTINGS

REMOTE = EncoderParams(provider="openai", model="nomic-embed-text", max_tokens=64, precision="fp32")
TEXTS = [f"Valve {number} of the pump is shut." for number in range(90)]
SENTENCES = [
    "The pump stops.",
    "E-4471",
    "Thaw the return line slowly.",
    "La garantie dure dix ans.",
]


def test_an_edit_costs_its_own_texts_alone_and_the_model_is_described_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="winnow")
    with serving(dimension=16) as server, Endpoints(environment(server), tmp_path) as endpoints:
        first = open_embedder(REMOTE, tmp_path, endpoints)
        vectors = first(TEXTS)
        second = open_embedder(REMOTE, tmp_path, endpoints)
        edited = second([*TEXTS[:40], "Thaw the return line.", *TEXTS[41:]])
        asked = [call.body["input"] for call in server.calls]
    assert sorted(map(len, asked)) == [1, 1, 26, 64]
    assert asked[-1] == ["Thaw the return line."]
    assert edited[:40].tobytes() == vectors[:40].tobytes()
    assert caplog.messages[-1] == "embed: 90 texts, 1 of them encoded now"
    unasked = open_embedder(REMOTE, tmp_path)
    assert unasked.exported == first.exported
    assert unasked(TEXTS).tobytes() == vectors.tobytes()


def test_without_endpoints_what_is_new_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteError, match="nomic-embed-text is behind an endpoint"):
        open_embedder(REMOTE, tmp_path)
    with pytest.raises(PrerequisiteError, match="OPENAI_API_KEY is not set"):
        open_embedder(REMOTE, tmp_path, Endpoints({}, tmp_path))
    assert not list(tmp_path.rglob("encoder.json"))


def test_a_local_encoder_is_exported_and_needs_no_endpoints(
    tmp_path: Path, encoder_folder: Path
) -> None:
    (tmp_path / "encoders").symlink_to(encoder_folder.parent)
    embedder = open_embedder(EncoderParams.model_validate(SETTINGS["encoder"]), tmp_path)
    assert isinstance(embedder.encoder, OnnxEncoder)
    assert embedder.exported.name == encoder_folder.name
    vectors = embedder(TEXTS[:2])
    assert vectors.tobytes() == embedder.encoder.encode(TEXTS[:2]).tobytes()


def test_a_text_has_the_same_bytes_whatever_the_rest_of_the_corpus(encoder: OnnxEncoder) -> None:
    small = embed_texts(SENTENCES, encoder)
    others = [f"Chunk {number} of another document. " * (number % 9 + 1) for number in range(70)]
    large = embed_texts([*others[:30], *SENTENCES, *others[30:]], encoder)
    assert large[30:34].tobytes() == small.tobytes()
    assert embed_texts(SENTENCES[::-1], encoder)[::-1].tobytes() == small.tobytes()


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
    before, after = (
        [*SENTENCES, SENTENCES[0]],
        [*SENTENCES[:3], "changed", SENTENCES[0]],
    )
    for texts, encoded in ((before, 4), (after, 1), (before, 0)):
        cold = embed_texts(texts, encoder)
        kept = embed_texts(texts, encoder, EmbeddingCache(tmp_path, encoder.card))
        assert kept.tobytes() == cold.tobytes()
        assert caplog.messages[-1] == f"embed: 4 texts, {encoded} of them encoded now"
