import json
from typing import Any

import pytest

from pipeline.endpoint import Endpoint
from pipeline.endpoint_fault import Fault
from pipeline.errors import PrerequisiteError, QuotaError, RefusedError
from pipeline.model_call import ModelCall
from pipeline.reply_check import check_failure, check_reply
from pipeline.reply_store import StoredReply
from tests.scripted_endpoint import completion

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


def test_an_account_without_credit_is_a_quota() -> None:
    with pytest.raises(QuotaError, match="no credit left"):
        failed(429, error("You exceeded your current quota", "insufficient_quota"))
