import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from pipeline.encoders.cache import EmbeddingCache
from pipeline.encoders.encoder import EncoderCard
from pipeline.encoders.endpoint_encoder import EndpointEncoder, cut, divide, endpoint_card
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import EndpointError, PrerequisiteError, QuotaError, RefusedError
from pipeline.export.embedder import embed_texts
from pipeline.params import EncoderParams
from pipeline.text.tokens import count_tokens
from tests.loopback.fixture import LoopbackServer, environment, serving
from tests.loopback.hashed_vector import vector


def test_requests_hold_every_text_in_order_and_are_bounded() -> None:
    texts = [f"text {number} " + "pump " * (number * 37 % 900) for number in range(300)]
    requests = divide(texts, 2000)
    assert [text for request in requests for text in request.texts] == texts
    assert max(len(request.texts) for request in requests) <= 64
    assert max(request.tokens for request in requests) <= 16_000
    assert all(request.tokens == sum(map(count_tokens, request.texts)) for request in requests)
    assert divide([], 2000) == []


def test_a_text_of_more_tokens_than_a_request_goes_alone() -> None:
    requests = divide(["a", " pump" * 17_000, "b"], 20_000)
    assert [len(request.texts) for request in requests] == [1, 1, 1]


def test_the_rest_of_a_division_is_the_division_of_the_rest() -> None:
    texts = [f"text {number} " + "pump " * (number * 37 % 900) for number in range(300)]
    whole = divide(texts, 2000)
    done = sum(len(request.texts) for request in whole[:3])
    assert divide(texts[done:], 2000) == whole[3:]


def test_a_text_is_cut_after_its_last_whole_character_within_the_tokens() -> None:
    long = "Überdruckventil prüfen! 保証 😀 " * 300
    for most in (5, 6, 7, 8, 100):
        seen, tokens = cut(long, most)
        assert long.startswith(seen)
        assert most - 3 <= count_tokens(seen) <= tokens <= most
    assert cut("short", 5) == ("short", 1)
    assert cut("", 5) == ("", 0)


def test_a_cut_keeps_nearly_all_it_may_however_long_the_text() -> None:
    assert cut(" pump" * 8191, 8191) == (" pump" * 8191, 8191)
    for count in (8192, 400_000):
        seen, tokens = cut(" pump" * count, 8191)
        assert tokens == 8191
        assert 8190 <= count_tokens(seen) <= 8191


MODEL = "text-embedding-3-small"
CARD = EncoderCard(provider="openai", model=MODEL, dimension=32, max_tokens=20, hash="h")
TEXTS = [
    f"Valve {number} of pump {number % 7} is {'very ' * (number % 5)}cold." for number in range(150)
]


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with serving(dimension=32) as running:
        yield running


@contextmanager
def _encoder(
    server: LoopbackServer, folder: Path, known: EmbeddingCache | None = None, **variables: str
) -> Iterator[EndpointEncoder]:
    with Endpoints({**environment(server), **variables}, folder) as endpoints:
        yield EndpointEncoder(CARD, endpoints, known)


def _sent(server: LoopbackServer) -> list[str]:
    return [text for call in server.calls for text in call.body["input"]]


def test_vectors_are_the_endpoints_own_at_unit_length_in_the_order_of_the_texts(
    server: LoopbackServer, tmp_path: Path
) -> None:
    texts = [*TEXTS, TEXTS[3], "", "half \udce9"]
    with _encoder(server, tmp_path) as encoder:
        vectors = encoder.encode(texts)
        assert encoder.encode([]).shape == (0, 32)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)
    expected = [vector(text.replace("\udce9", "?") or " ", 32) for text in texts]
    assert np.allclose(vectors, expected, atol=1e-6)
    assert vectors[3].tobytes() == vectors[150].tobytes()
    assert sorted(map(len, (call.body["input"] for call in server.calls))) == [24, 64, 64]


def test_requests_go_out_several_at_once_and_are_bounded(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.control(delay=0.05)
    with _encoder(server, tmp_path, WINNOW_MODEL_CALLS="3") as encoder:
        encoder.encode([f"text {number}" for number in range(64 * 8)])
    assert server.counts()["calls"] == 8
    assert server.counts()["most_open"] == 3


def test_a_long_text_is_cut_at_the_tokens_that_the_encoder_sees(
    server: LoopbackServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    long = "Überdruckventil prüfen! 保証 😀 " * 300
    with _encoder(server, tmp_path) as encoder, caplog.at_level(logging.WARNING, logger="winnow"):
        vectors = embed_texts([long, "short", " ".join("a" * 20)], encoder)
    [sent] = [text for text in _sent(server) if text.startswith("Über")]
    assert long.startswith(sent)
    assert 18 <= count_tokens(sent) <= CARD.max_tokens
    assert np.allclose(vectors[0], vector(sent, 32), atol=1e-6)
    [message] = caplog.messages
    assert "1 of 3 texts are longer than the encoder's 20 tokens" in message


def test_a_text_that_is_known_is_not_asked_for_again_whatever_is_beside_it(
    server: LoopbackServer, tmp_path: Path
) -> None:
    known = EmbeddingCache(tmp_path / "embeddings", CARD)
    with _encoder(server, tmp_path, known) as encoder:
        first = encoder.encode(TEXTS[:3])
    with _encoder(server, tmp_path, known) as encoder:
        second = encoder.encode([TEXTS[9], TEXTS[1], TEXTS[9]])
    assert second[1].tobytes() == first[1].tobytes()
    assert _sent(server) == [*TEXTS[:3], TEXTS[9]]


def test_faults_of_transport_change_no_vector(tmp_path: Path, server: LoopbackServer) -> None:
    texts = [f"text {number}" for number in range(64 * 12)]
    with _encoder(server, tmp_path / "calm") as encoder:
        calm = encoder.encode(texts)
    server.control(faults=0.4, stall=30.0, retry_after=0.01)
    with _encoder(server, tmp_path / "faulty", WINNOW_MODEL_SECONDS="0.2") as encoder:
        assert encoder.encode(texts).tobytes() == calm.tobytes()
    assert set(server.counts()["outcomes"]) > {"200"}


def test_a_build_that_is_stopped_keeps_what_it_embedded(
    tmp_path: Path, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="winnow")
    known = EmbeddingCache(tmp_path / "embeddings", CARD)
    server.control(quota=1)
    with (
        pytest.raises(QuotaError),
        _encoder(server, tmp_path, WINNOW_MODEL_CALLS="1") as encoder,
    ):
        embed_texts(TEXTS, encoder, known)
    assert len(known.get(TEXTS)) == 64
    server.control(quota=None, reset=True)
    with _encoder(server, tmp_path) as encoder:
        embed_texts(TEXTS, encoder, known)
    assert len(_sent(server)) == len(set(TEXTS)) - 64
    assert "embed: 2 calls, " in caplog.text
    assert caplog.messages[-1] == f"embed: 150 texts, {150 - 64} of them encoded now"


def test_another_dimension_is_one_line_with_the_fix(server: LoopbackServer, tmp_path: Path) -> None:
    server.control(dimension=8)
    line = rf"{MODEL} gives vectors of 8 numbers, no longer of 32: serve the model that the"
    with _encoder(server, tmp_path) as encoder, pytest.raises(EndpointError, match=line):
        encoder.encode(["pump"])


def test_without_endpoints_it_says_what_it_is_and_what_it_lacks() -> None:
    encoder = EndpointEncoder(CARD)
    assert (encoder.hash, encoder.dimension, encoder.card.provider) == ("h", 32, "openai")
    with pytest.raises(PrerequisiteError, match="encoder text-embedding-3-small is behind") as one:
        encoder.encode(["pump"])
    assert "OPENAI_API_KEY" in str(one.value)
    assert "OPENAI_BASE_URL" in str(one.value)


def test_without_a_key_the_variable_is_named_and_what_needs_it(tmp_path: Path) -> None:
    encoder = EndpointEncoder(CARD, Endpoints({}, tmp_path))
    for use in (encoder.encode, lambda texts: embed_texts(texts, encoder)):
        with pytest.raises(PrerequisiteError, match="encoder text-embedding-3-small") as one:
            use(["pump"])
        assert "OPENAI_API_KEY is not set" in str(one.value)
        assert "lexical retrieval" in str(one.value)
        assert "\n" not in str(one.value)


def test_what_the_endpoint_refuses_is_said_with_the_setting_to_change(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.control(models=("another",))
    with _encoder(server, tmp_path) as encoder:
        with pytest.raises(PrerequisiteError, match="change `encoder.model`"):
            encoder.encode(["pump"])
        server.control(models=None, window=3)
        with pytest.raises(RefusedError, match="lower `encoder.max_tokens`"):
            encoder.encode(["a text of more than three tokens"])


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([[0.0, 0.0], [1.0, 0.0]], "gave a vector without a direction; check"),
        ([[1.0], [1.0, 0.0]], r"gave vectors of \[1, 2\] numbers in one reply; check"),
        ([[1e400, 0.0], [1.0, 0.0]], "no usable reply"),
        ([[1.0, 0.0]], "no usable reply"),
    ],
)
def test_a_reply_that_holds_no_vectors_is_refused(
    rows: list[list[float]], line: str, tmp_path: Path
) -> None:
    variables = {"WINNOW_MODEL_ATTEMPTS": "1"}
    with _always(rows) as address:
        endpoints = Endpoints({"OPENAI_BASE_URL": address, **variables}, tmp_path)
        with endpoints, pytest.raises(EndpointError, match=line) as caught:
            EndpointEncoder(CARD, endpoints).encode(["one", "two"])
    assert "\n" not in str(caught.value)


def test_the_card_is_the_endpoints_dimension_and_what_decides_a_vector(
    server: LoopbackServer, tmp_path: Path
) -> None:
    params = EncoderParams(provider="openai", model=MODEL, max_tokens=20, precision="fp32")
    with Endpoints(environment(server), tmp_path) as endpoints:
        card = endpoint_card(params, endpoints)
        shorter = endpoint_card(params.model_copy(update={"max_tokens": 10}), endpoints)
        other = endpoint_card(params.model_copy(update={"model": "nomic-embed-text"}), endpoints)
    assert card.model_copy(update={"hash": "h"}) == CARD
    assert len({card.hash, shorter.hash, other.hash}) == 3
    with pytest.raises(PrerequisiteError, match="text-embedding-3-small is behind an endpoint"):
        endpoint_card(params, None)


@contextmanager
def _always(rows: list[list[float]]) -> Iterator[str]:
    """Serve the same vectors to every request."""
    data = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(rows)]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    body = json.dumps({"object": "list", "data": data, "model": MODEL, "usage": usage}).encode()

    class _Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join()
