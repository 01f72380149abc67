"""ClientTransport: what an SDK sends through, so that its calls go by an Exchange.

The SDKs are built on httpx or on its successor httpx2; both have the same API, and the module is
an argument. An SDK is given neither the key nor the address, so that it can show neither.
"""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import Executor
from contextvars import copy_context
from functools import partial
from typing import Any

from pipeline.event_stream import DONE, disassemble, write_event
from pipeline.exchange import Chunks, Exchange
from pipeline.model_call import ModelCall
from pipeline.reply_store import StoredReply

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
