import logging
from pathlib import Path

import pytest

from pipeline.embedder import open_embedder
from pipeline.endpoints import Endpoints
from pipeline.errors import PrerequisiteError
from pipeline.onnx_encoder import OnnxEncoder
from pipeline.params import EncoderParams
from tests.built_version import SETTINGS
from tests.loopback.fixture import environment, serving

REMOTE = EncoderParams(provider="openai", model="nomic-embed-text", max_tokens=64, precision="fp32")
TEXTS = [f"Valve {number} of the pump is shut." for number in range(90)]


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
