"""ClientTransport: what an SDK sends through, so that its calls go by an Exchange.

The SDKs are built on httpx or on its successor httpx2; both have the same API, and the module is
an argument. An SDK is given neither the key nor the address, so that it can show neither.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from pipeline.endpoints.call import ModelCall, own_fault
from pipeline.endpoints.exchange import Chunks, Exchange
from pipeline.endpoints.price import Price
from pipeline.endpoints.replies import StoredReply
from pipeline.endpoints.wire import DONE, disassemble, write_event
from pipeline.text.tokens import encodable

ADDRESS = "http://endpoint.invalid"
"""What an SDK is told; only the path after it counts."""
KEY = "kept-from-the-sdk"


class ClientTransport:
    """A transport of `httpx.Client` and `httpx.AsyncClient`, or of httpx2's.

    Asked by an event loop it works in a thread of `pool`. With `restarts` a stream is handed on as
    it comes, and its reader must know `RESTART`; without, once it is whole.
    """

    def __init__(
        self, http: Any, exchange: Exchange, repeat: int, pool: Executor, *, restarts: bool = False
    ) -> None:
        self._http = http
        self._exchange = exchange
        self._repeat = repeat
        self._pool = pool
        self._restarts = restarts

    def handle_request(self, request: Any) -> Any:
        """Answer a request."""
        call = ModelCall(request.url.path, json.loads(request.read()), self._repeat)
        if call.streams and self._restarts:
            events = _event_bytes(self._http, self._exchange.stream(call))
            headers = {"content-type": "text/event-stream"}
            return self._http.Response(200, headers=headers, stream=events, request=request)
        return self._response(call, self._exchange.ask(call), request)

    async def handle_async_request(self, request: Any) -> Any:
        """Answer a request without holding up the event loop."""
        await request.aread()
        work = partial(copy_context().run, self.handle_request, request)
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Nothing of its own to close."""

    async def aclose(self) -> None:
        """Nothing of its own to close."""

    def __enter__(self) -> "ClientTransport":
        return self

    def __exit__(self, *exc_info: object) -> None:
        return None

    async def __aenter__(self) -> "ClientTransport":
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        return None

    def _response(self, call: ModelCall, reply: StoredReply, request: Any) -> Any:
        kind, content = "application/json", json.dumps(reply.body).encode()
        if call.streams and reply.status == 200:
            kind = "text/event-stream"
            content = b"".join(map(write_event, disassemble(reply.body))) + DONE
        headers = {"content-type": kind}
        return self._http.Response(reply.status, headers=headers, content=content, request=request)


def _event_bytes(http: Any, chunks: Chunks) -> Any:
    class EventBytes(http.SyncByteStream):  # type: ignore[misc]
        def __iter__(self) -> Iterator[bytes]:
            yield from map(write_event, chunks)
            yield DONE

        def close(self) -> None:
            chunks.close()

    return EventBytes()


def open_groq(exchange: Exchange, repeat: int, pool: Executor) -> Any:
    """Return a `groq.Groq` that retries nothing itself; a cut stream starts anew."""
    import httpx
    from groq import Groq

    transport = ClientTransport(httpx, exchange, repeat, pool, restarts=True)
    client = httpx.Client(transport=transport)  # type: ignore[arg-type]
    return Groq(api_key=KEY, base_url=ADDRESS, max_retries=0, http_client=client)


def open_async_groq(exchange: Exchange, repeat: int, pool: Executor) -> Any:
    """Return a `groq.AsyncGroq` that retries nothing itself; a stream comes whole."""
    import httpx
    from groq import AsyncGroq

    transport = ClientTransport(httpx, exchange, repeat, pool)
    client = httpx.AsyncClient(transport=transport)  # type: ignore[arg-type]
    return AsyncGroq(api_key=KEY, base_url=ADDRESS, max_retries=0, http_client=client)


def open_openai(exchange: Exchange, repeat: int, pool: Executor) -> Any:
    """Return a `openai.OpenAI` that retries nothing itself; a cut stream starts anew."""
    import httpx2
    from openai import OpenAI

    transport = ClientTransport(httpx2, exchange, repeat, pool, restarts=True)
    client = httpx2.Client(transport=transport)  # type: ignore[arg-type]
    return OpenAI(api_key=KEY, base_url=ADDRESS, max_retries=0, http_client=client)


def open_async_openai(exchange: Exchange, repeat: int, pool: Executor) -> Any:
    """Return a `openai.AsyncOpenAI` that retries nothing itself; a stream comes whole."""
    import httpx2
    from openai import AsyncOpenAI

    transport = ClientTransport(httpx2, exchange, repeat, pool)
    client = httpx2.AsyncClient(transport=transport)  # type: ignore[arg-type]
    return AsyncOpenAI(api_key=KEY, base_url=ADDRESS, max_retries=0, http_client=client)


@dataclass(frozen=True, slots=True)
class Message:
    """What one side of a conversation says."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model says; tokens and cost (US dollars) are None where they are not known."""

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    finish_reason: str | None = None


class Chat:
    """Thread-safe; `client` is a `Groq` or an `OpenAI`, `options` go to the model."""

    def __init__(
        self,
        client: Any,
        model: str,
        options: dict[str, Any],
        stream_options: dict[str, Any],
        price: Price | None,
    ) -> None:
        self._client = client
        self._model = model
        self._options = options
        self._stream_options = stream_options
        self._price = price

    def complete(self, messages: Sequence[Message]) -> Completion:
        """Return what the model says, all at once.

        Raises:
            EndpointError: no reply could be had.
            PrerequisiteError: key, model, address or store are not right.
        """
        fault = None
        try:
            reply = self._create(messages)
        except Exception as error:
            fault = own_fault(error)
        if fault is not None:
            # Raised here it has no context, in which an SDK's error would hold it once more.
            raise fault
        choice = reply.choices[0]
        return self._completion(choice.message.content or "", choice.finish_reason, reply.usage)

    def stream(self, messages: Sequence[Message]) -> Iterator[Completion]:
        """Yield what the model says as it grows; the last one has tokens and cost.

        When the stream is cut it is asked again, and the text starts anew.

        Raises:
            EndpointError: no reply could be had.
            PrerequisiteError: key, model, address or store are not right.
        """
        text, finish_reason, usage, fault = "", None, None, None
        try:
            with self._create(messages, stream=True, **self._stream_options) as chunks:
                for chunk in chunks:
                    usage = _usage(chunk) or usage
                    if (chunk.model_extra or {}).get("restart"):
                        text, finish_reason = "", None
                    for choice in chunk.choices[:1]:
                        finish_reason = choice.finish_reason or finish_reason
                        text += choice.delta.content or ""
                        if choice.delta.content:
                            yield Completion(text)
        except Exception as error:
            fault = own_fault(error)
        if fault is not None:
            raise fault
        yield self._completion(text, finish_reason, usage)

    def _create(self, messages: Sequence[Message], **more: Any) -> Any:
        return self._client.chat.completions.create(
            model=self._model,
            messages=[{"role": each.role, "content": encodable(each.content)} for each in messages],
            **self._options,
            **more,
        )

    def _completion(self, text: str, finish_reason: str | None, usage: Any) -> Completion:
        if usage is None:
            return Completion(text, finish_reason=finish_reason)
        tokens = usage.prompt_tokens, usage.completion_tokens
        cost = float(self._price.of(*tokens)) if self._price else None
        return Completion(text, *tokens, cost, finish_reason)


def _usage(chunk: Any) -> Any:
    """Return a chunk's usage, which Groq has in a field of its own."""
    usage = getattr(chunk, "usage", None)
    return usage or getattr(getattr(chunk, "x_groq", None), "usage", None)
