"""The real groq and openai SDKs talk to the loopback server as they do to the endpoints."""

import asyncio
from typing import Any

import groq
import openai
import pytest

from tests.loopback.fixture import LoopbackServer

MODEL = "llama-3.3-70b-versatile"
QUESTION = [{"role": "user", "content": "How long is the warranty?"}]
ANSWER = "That is not in the documents."


def groq_client(server: LoopbackServer, key: str = "any") -> groq.Groq:
    return groq.Groq(api_key=key, base_url=server.url, max_retries=0)


def openai_client(server: LoopbackServer) -> openai.OpenAI:
    return openai.OpenAI(api_key="any", base_url=f"{server.url}/v1", max_retries=0)


def streamed(chunks: Any) -> tuple[str, list[Any]]:
    kept = list(chunks)
    texts = [chunk.choices[0].delta.content or "" for chunk in kept if chunk.choices]
    assert len([text for text in texts if text]) > 1
    return "".join(texts), kept


def test_groq_completes_with_usage_and_limits(loopback: LoopbackServer) -> None:
    loopback.control(tokens_per_minute=1000)
    with groq_client(loopback) as client:
        raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=QUESTION)
    reply = raw.parse()
    assert reply.choices[0].message.content == ANSWER
    assert reply.choices[0].finish_reason == "stop"
    assert reply.model == MODEL
    assert reply.usage is not None
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert int(raw.headers["x-ratelimit-remaining-tokens"]) < int(
        raw.headers["x-ratelimit-limit-tokens"]
    )
    assert raw.headers["x-ratelimit-reset-tokens"].endswith("s")


def test_groq_completes_in_an_event_loop(loopback: LoopbackServer) -> None:
    async def ask() -> str | None:
        async with groq.AsyncGroq(api_key="any", base_url=loopback.url) as client:
            reply = await client.chat.completions.create(model=MODEL, messages=QUESTION)
        return reply.choices[0].message.content

    assert asyncio.run(ask()) == ANSWER


def test_groq_streams_and_puts_usage_into_the_last_chunk(loopback: LoopbackServer) -> None:
    with groq_client(loopback) as client:
        text, chunks = streamed(
            client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True)
        )
    assert text == ANSWER
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].x_groq.usage.completion_tokens > 0


def test_openai_completes_and_streams_with_usage_where_asked(loopback: LoopbackServer) -> None:
    with openai_client(loopback) as client:
        whole = client.chat.completions.create(model=MODEL, messages=QUESTION)
        text, chunks = streamed(
            client.chat.completions.create(
                model=MODEL, messages=QUESTION, stream=True, stream_options={"include_usage": True}
            )
        )
    assert whole.choices[0].message.content == text == ANSWER
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage


@pytest.mark.parametrize("encoding", [openai.NOT_GIVEN, "float"])
def test_embeddings_of_texts_that_share_words_lie_nearer(
    loopback: LoopbackServer, encoding: Any
) -> None:
    texts = ["the battery of the lamp", "a lamp's batteries", "holiday in Norway"]
    with openai_client(loopback) as client:
        reply = client.embeddings.create(
            model="any", input=texts, dimensions=64, encoding_format=encoding
        )
    first, near, far = (row.embedding for row in reply.data)
    sent = loopback.calls[-1].body["encoding_format"]
    assert sent == ("float" if encoding == "float" else "base64")
    assert len(first) == 64

    def cosine(one: list[float], other: list[float]) -> float:
        return sum(a * b for a, b in zip(one, other, strict=True))

    assert cosine(first, first) == pytest.approx(1)
    assert cosine(first, near) > 0.8 > 0.4 > cosine(first, far)
    assert reply.usage.prompt_tokens > 0


def test_an_empty_text_cannot_be_embedded(loopback: LoopbackServer) -> None:
    with openai_client(loopback) as client, pytest.raises(openai.BadRequestError):
        client.embeddings.create(model="any", input=["one", ""])


def test_a_reply_ends_at_the_tokens_that_were_asked_for(loopback: LoopbackServer) -> None:
    with groq_client(loopback) as client:
        reply = client.chat.completions.create(model=MODEL, messages=QUESTION, max_tokens=2)
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage is not None
    assert reply.usage.completion_tokens == 2
    assert ANSWER.startswith(reply.choices[0].message.content or "no text")


def test_only_the_right_key_known_models_and_short_prompts_are_let_in(
    loopback: LoopbackServer,
) -> None:
    loopback.control(key="right", models=["known"], window=100)
    with groq_client(loopback, "wrong") as client, pytest.raises(groq.AuthenticationError):
        client.chat.completions.create(model="known", messages=QUESTION)
    with groq_client(loopback, "right") as client:
        with pytest.raises(groq.NotFoundError, match="model_not_found"):
            client.chat.completions.create(model="other", messages=QUESTION)
        long = [{"role": "user", "content": "word " * 100}]
        with pytest.raises(groq.BadRequestError, match="context_length_exceeded"):
            client.chat.completions.create(model="known", messages=long)
        assert client.chat.completions.create(model="known", messages=QUESTION)
        assert [model.id for model in client.models.list().data] == ["known"]
    assert loopback.counts()["outcomes"] == {"401": 1, "404": 1, "400": 1, "200": 1}
