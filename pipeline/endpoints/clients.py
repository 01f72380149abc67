"""The SDKs of Groq and OpenAI, whose calls go by an Exchange: clients, chats, vectors, errors.

An SDK is given neither the key nor the address, so that it can show neither.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

from pipeline.endpoints.call import ModelCall
from pipeline.endpoints.endpoint import Provider
from pipeline.endpoints.exchange import Exchange
from pipeline.endpoints.price import Price
from pipeline.endpoints.wire import DONE, EVENTS, disassemble, write_event
from pipeline.errors import EndpointError, WinnowError, one_line
from pipeline.text.tokens import encodable

ADDRESS = "http://endpoint.invalid"
"""What an SDK is told; only the path after it counts."""

Result = TypeVar("Result")


def open_client(
    provider: Provider, exchange: Exchange, repeat: int, pool: Executor, *, is_async: bool
) -> Any:
    """Return a `Groq`, `AsyncGroq`, `OpenAI` or `AsyncOpenAI` that retries nothing itself.

    An async one gets a stream once it is whole; another as it comes, and anew where it was cut.
    """
    # Both have the same API: httpx2 is httpx's successor.
    http: Any
    if provider == "groq":
        import httpx as http
        from groq import AsyncGroq, Groq

        sdk: Any = AsyncGroq if is_async else Groq
    else:
        import httpx2 as http
        from openai import AsyncOpenAI, OpenAI

        sdk = AsyncOpenAI if is_async else OpenAI
    transport = open_transport(http, exchange, repeat, pool, restarts=not is_async)
    client = (http.AsyncClient if is_async else http.Client)(transport=transport)
    return sdk(api_key="kept-from-the-sdk", base_url=ADDRESS, max_retries=0, http_client=client)


def open_transport(
    http: Any, exchange: Exchange, repeat: int, pool: Executor, *, restarts: bool
) -> Any:
    """Return a transport of `http`, httpx or httpx2, for a client of either kind.

    Asked by an event loop it works in a thread of `pool`. With `restarts` a stream is handed on as
    it comes, and its reader must know `RESTART`; without, once it is whole.
    """

    class EventStream(http.SyncByteStream):  # type: ignore[misc]
        def __init__(self, call: ModelCall) -> None:
            self._chunks = exchange.stream(call)

        def __iter__(self) -> Iterator[bytes]:
            yield from map(write_event, self._chunks)
            yield DONE

        def close(self) -> None:
            self._chunks.close()

    class Transport(http.BaseTransport, http.AsyncBaseTransport):  # type: ignore[misc]
        def handle_request(self, request: Any) -> Any:
            call = ModelCall(request.url.path, json.loads(request.read()), repeat)
            stream = {"content-type": EVENTS}
            if call.streams and restarts:
                return http.Response(200, headers=stream, stream=EventStream(call))
            reply = exchange.ask(call)
            if call.streams and reply.status == 200:
                content = b"".join(map(write_event, disassemble(reply.body))) + DONE
                return http.Response(200, headers=stream, content=content)
            plain = {"content-type": "application/json"}
            content = json.dumps(reply.body).encode()
            return http.Response(reply.status, headers=plain, content=content)

        async def handle_async_request(self, request: Any) -> Any:
            await request.aread()
            work = partial(copy_context().run, self.handle_request, request)
            return await asyncio.get_running_loop().run_in_executor(pool, work)

    return Transport()


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


@dataclass(frozen=True, repr=False)
class Chat:
    """Thread-safe; `client` is a `Groq` or an `OpenAI`, `options` go to the model.

    Both ways to ask raise EndpointError where no reply can be had, and PrerequisiteError where key,
    model, address or store are not right.
    """

    client: Any
    model: str
    options: dict[str, Any]
    stream_options: dict[str, Any]
    price: Price | None

    def complete(self, messages: Sequence[Message]) -> Completion:
        """Return what the model says, all at once."""
        reply = _with_own_errors(lambda: self._create(messages))
        choice = reply.choices[0]
        return self._completion(choice.message.content or "", choice.finish_reason, reply.usage)

    def stream(self, messages: Sequence[Message]) -> Iterator[Completion]:
        """Yield what the model says as it grows; the last one has tokens and cost.

        When the stream is cut it is asked again, and the text starts anew.
        """
        text, finish_reason, usage, fault = "", None, None, None
        try:
            with self._create(messages, stream=True, **self.stream_options) as chunks:
                for chunk in chunks:
                    # Groq has the usage in a field of its own.
                    groq = getattr(chunk, "x_groq", None)
                    usage = getattr(chunk, "usage", None) or getattr(groq, "usage", None) or usage
                    if (chunk.model_extra or {}).get("restart"):
                        text, finish_reason = "", None
                    for choice in chunk.choices[:1]:
                        finish_reason = choice.finish_reason or finish_reason
                        text += choice.delta.content or ""
                        if choice.delta.content:
                            yield Completion(text)
        except Exception as error:
            fault = _own_error(error)
        if fault is not None:
            raise fault
        yield self._completion(text, finish_reason, usage)

    def _create(self, messages: Sequence[Message], **more: Any) -> Any:
        return self.client.chat.completions.create(
            model=self.model,
            messages=[{"role": each.role, "content": encodable(each.content)} for each in messages],
            **self.options,
            **more,
        )

    def _completion(self, text: str, finish_reason: str | None, usage: Any) -> Completion:
        if usage is None:
            return Completion(text, finish_reason=finish_reason)
        tokens = usage.prompt_tokens, usage.completion_tokens
        cost = float(self.price.of(*tokens)) if self.price else None
        return Completion(text, *tokens, cost, finish_reason)


def embed(client: Any, model: str, texts: Sequence[str]) -> list[list[float]]:
    """Return a vector for each text, in one call of an `OpenAI`; raises as a Chat does."""
    reply = _with_own_errors(
        lambda: client.embeddings.create(model=model, input=list(texts), encoding_format="float")
    )
    rows = sorted(reply.data, key=lambda row: row.index)
    return [list(row.embedding) for row in rows]


def find_own_error(error: BaseException) -> WinnowError | None:
    """Return the error of ours that an SDK's or a library's was raised from, however deep."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, WinnowError):
            return one
        if id(one) not in seen:
            seen.add(id(one))
            waiting.extend(_held(one))
    return None


def _with_own_errors(ask: Callable[[], Result]) -> Result:
    try:
        return ask()
    except Exception as error:
        fault = _own_error(error)
    # Raised here it has no context, in which an SDK's error would hold it once more.
    raise fault


def _own_error(error: BaseException) -> WinnowError:
    """Return the error of ours that an SDK wrapped, or one in place of the SDK's own."""
    found = find_own_error(error)
    if found is not None:
        return found
    # An SDK says no more of what it does not expect than `Connection error`.
    cause = error.__cause__ or error
    said = f"{type(cause).__name__}: {one_line(cause, 300)}"
    return EndpointError(f"the model's reply cannot be used ({said}): change the request or model")


def _held(error: BaseException) -> Iterator[BaseException]:
    """Yield what an error was raised from, holds or retried."""
    last: Any = getattr(error, "last_attempt", None)
    attempts = getattr(error, "failed_attempts", None) or ()
    found = [
        error.__cause__,
        error.__context__,
        # tenacity keeps the last attempt as a finished future.
        last.exception() if last is not None else None,
        # instructor keeps them all.
        *(getattr(each, "exception", None) for each in attempts),
        *(error.exceptions if isinstance(error, BaseExceptionGroup) else ()),
        *error.args,
    ]
    yield from (each for each in found if isinstance(each, BaseException))
