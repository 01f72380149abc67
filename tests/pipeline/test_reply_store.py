import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from pipeline.errors import PrerequisiteError
from pipeline.reply_store import ReplyStore, StoredReply

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
