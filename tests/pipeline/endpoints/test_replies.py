import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from pipeline.endpoints.call import Fault, ModelCall
from pipeline.endpoints.endpoint import Endpoint
from pipeline.endpoints.replies import ReplyStore, StoredReply, check_failure, check_reply
from pipeline.errors import PrerequisiteError, RefusedError
from tests.support.endpoints import completion

ENDPOINT = Endpoint("groq", "https://api.groq.com", "gsk_secret")
CHAT = ModelCall("/openai/v1/chat/completions", {"model": "llama", "messages": []})
EMBEDDING = ModelCall("/embeddings", {"model": "e5", "input": ["a", "b"]})


def rows(*vectors: object) -> bytes:
    return json.dumps({"data": [{"index": 0, "embedding": each} for each in vectors]}).encode()


def failed(status: int, body: object, **headers: str) -> StoredReply | Fault:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return check_failure(ENDPOINT, CHAT, status, named, content)


def error(message: str, code: str | None = None, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "code": code, **more}}


def test_a_whole_reply_is_one() -> None:
    reply = check_reply(CHAT, json.dumps(completion("")).encode())
    assert reply == StoredReply(200, completion(""))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        json.dumps(completion()).encode()[:100],
        b"<html>Bad Gateway</html>",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": "x"}',
        b'{"choices": [{"message": {"content": "cut"}, "finish_reason": null}]}',
        b'{"choices": [{"finish_reason": "stop"}]}',
        b'{"error": {"message": "overloaded"}}',
    ],
)
def test_what_is_not_whole_is_asked_for_again(content: bytes) -> None:
    assert isinstance(check_reply(CHAT, content), Fault)


def test_vectors_are_whole_when_there_is_one_for_each_text() -> None:
    assert isinstance(check_reply(EMBEDDING, rows([1.0, 0], [0, 1])), StoredReply)
    for content in (rows([1.0]), rows([1.0], []), rows([1.0], [None]), b'{"data": [1, 2]}'):
        assert isinstance(check_reply(EMBEDDING, content), Fault)


@pytest.mark.parametrize("status", [408, 425, 429, 498, 500, 502, 503, 520])
def test_passing_failures_are_tried_again(status: int) -> None:
    fault = failed(status, b"<html>")
    assert isinstance(fault, Fault)
    assert fault.wait is None
    assert fault.limited == (status == 429)


def test_a_refusal_says_how_long_to_wait() -> None:
    fault = failed(429, error("Please try again in 2.5s."), retry_after="3")
    assert fault == Fault("status 429: Please try again in 2.5s.", 3.0, limited=True)


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_names_its_variable(status: int) -> None:
    with pytest.raises(PrerequisiteError, match="GROQ_API_KEY"):
        failed(status, error("Invalid API Key"))


def test_an_unknown_model_names_its_setting() -> None:
    with pytest.raises(PrerequisiteError, match=r"'llama' .*`generation.model` or `judge.model`"):
        failed(404, error("The model `llama` does not exist"))
    with pytest.raises(PrerequisiteError, match="`encoder.model`"):
        check_failure(ENDPOINT, EMBEDDING, 404, {}, b"")


def test_an_address_that_moved_names_its_variable() -> None:
    with pytest.raises(PrerequisiteError, match="GROQ_BASE_URL"):
        failed(301, b"")


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_request_is_not_made_again(status: int) -> None:
    with pytest.raises(RefusedError, match="too long") as caught:
        failed(status, error("too\nlong"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("code", ["json_validate_failed", "tool_use_failed"])
def test_a_malformed_reply_of_the_model_is_a_reply(code: str) -> None:
    body = error("Failed to generate JSON", code, failed_generation="{")
    assert failed(400, body) == StoredReply(400, body)


KEY = "ab" * 32
REQUEST = {"path": "/p", "repeat": 0, "body": {"model": "m"}}
REPLY = StoredReply(200, {"b": "naïve 月", "a": 1.5})


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "id")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fsspec.filesystem("s3", skip_instance_cache=True).mkdir("shared")
        yield "s3://shared"
    server.stop()
    fsspec.filesystem("s3").clear_instance_cache()


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*.json")}


def test_a_stored_reply_is_read_again(tmp_path: Path) -> None:
    ReplyStore(str(tmp_path / "replies")).write(KEY, REQUEST, REPLY)
    store = ReplyStore(str(tmp_path / "replies"))
    assert store.read(KEY) == REPLY
    assert store.read("cd" * 32) is None
    assert (tmp_path / "replies" / "ab" / f"{KEY}.json").is_file()


def test_equal_replies_have_equal_bytes(tmp_path: Path) -> None:
    ReplyStore(str(tmp_path / "one")).write(KEY, REQUEST, REPLY)
    other = StoredReply(200, dict(reversed(REPLY.body.items())))
    ReplyStore(f"{tmp_path}/two/").write(KEY, dict(reversed(REQUEST.items())), other)
    assert files(tmp_path / "one") == files(tmp_path / "two")


@pytest.mark.parametrize("content", ["", '{"status": 200', "[]", '{"status": "x", "reply": {}}'])
def test_a_broken_file_is_as_none_and_can_be_written_again(tmp_path: Path, content: str) -> None:
    store = ReplyStore(str(tmp_path))
    store.write(KEY, REQUEST, REPLY)
    (tmp_path / "ab" / f"{KEY}.json").write_text(content)
    assert store.read(KEY) is None
    store.write(KEY, REQUEST, REPLY)
    assert store.read(KEY) == REPLY


def test_half_a_character_can_be_stored(tmp_path: Path) -> None:
    store = ReplyStore(str(tmp_path))
    store.write(KEY, REQUEST, StoredReply(200, {"text": "\ud800"}))
    assert store.read(KEY) == StoredReply(200, {"text": "\ud800"})


def test_a_place_that_cannot_be_written_is_named_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(PrerequisiteError, match=r"file/replies.*WINNOW_REPLIES"):
        ReplyStore(str(tmp_path / "file" / "replies")).prepare()
    with pytest.raises(PrerequisiteError, match="nowhere://.*WINNOW_REPLIES"):
        ReplyStore("nowhere://bucket")


def test_many_may_write_one_reply_at_once(tmp_path: Path) -> None:
    store = ReplyStore(str(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.write(KEY, REQUEST, REPLY), range(40)))
    assert store.read(KEY) == REPLY
    assert [file.name for file in (tmp_path / "ab").iterdir()] == [f"{KEY}.json"]


def test_replies_can_be_shared_in_a_bucket(bucket: str, tmp_path: Path) -> None:
    ReplyStore(f"{bucket}/replies").write(KEY, REQUEST, REPLY)
    store = ReplyStore(f"{bucket}/replies/")
    assert store.read(KEY) == REPLY
    assert store.read("cd" * 32) is None
    local = ReplyStore(str(tmp_path))
    local.write(KEY, REQUEST, REPLY)
    shared = fsspec.filesystem("s3").cat_file(f"shared/replies/ab/{KEY}.json")
    assert shared == files(tmp_path)[f"{KEY}.json"]
    assert json.loads(shared)["request"] == REQUEST


def test_a_bucket_that_is_not_there_is_named(bucket: str) -> None:
    with pytest.raises(PrerequisiteError, match=f"{bucket}2.*WINNOW_REPLIES"):
        ReplyStore(f"{bucket}2").prepare()
