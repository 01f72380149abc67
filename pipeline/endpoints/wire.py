"""Wire: requests to one endpoint as bytes and events, and completions as chunks of a stream."""

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from pipeline.endpoints.endpoint import Endpoint
from pipeline.errors import HIDDEN

if TYPE_CHECKING:
    from httpx import Response

EVENTS = "text/event-stream"
DONE = b"data: [DONE]\n\n"
_CHUNK = "chat.completion.chunk"
RESTART: dict[str, Any] = {
    "id": "",
    "object": _CHUNK,
    "created": 0,
    "model": "",
    "choices": [],
    "restart": True,
}
"""A chunk of ours: the stream was cut, and what follows starts anew."""

_CONNECTING = 10.0
# A shorter one is no secret but a word, as `ollama`, which texts may well hold.
_SHORTEST_SECRET = 8


class Wire:
    """Thread-safe; keeps connections open. No reply, or no whole one, is an httpx.HTTPError."""

    def __init__(self, endpoint: Endpoint) -> None:
        import httpx

        silence = endpoint.silence
        headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        self._key = endpoint.key if len(endpoint.key) >= _SHORTEST_SECRET else ""
        self._base_url = endpoint.base_url
        self._lines: WeakSet[Any] = WeakSet()
        self._client = httpx.Client(
            headers=headers,
            # `read` is the longest silence, also in the middle of a body.
            timeout=httpx.Timeout(silence, connect=min(silence, _CONNECTING), pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=endpoint.calls),
        )

    def read(self, response: "Response") -> bytes:
        """Return the body of a reply, without the key wherever the endpoint repeats it."""
        content = response.read()
        return content.replace(self._key.encode(), HIDDEN.encode()) if self._key else content

    def events(self, response: "Response") -> Iterator[str]:
        """Yield the data of a stream's events as they come, without the key."""
        import httpx
        from httpx_sse import EventSource

        # An end mark may lack the empty line that should follow it.
        content = chain(response.iter_bytes(), [b"\n\n"])
        stream = httpx.Response(200, headers={"content-type": EVENTS}, content=content)
        for event in EventSource(stream).iter_sse():
            yield event.data.replace(self._key, HIDDEN) if self._key else event.data

    @contextmanager
    def post(self, path: str, body: dict[str, Any]) -> Iterator["Response"]:
        """Send a request and yield the reply, whose body is not read yet."""
        with self._client.stream(
            "POST", self._base_url + path, json=body, extensions={"trace": self._follow}
        ) as response:
            yield response

    def close(self) -> None:
        """End all connections, also those that other threads wait on."""
        for line in list(self._lines):
            connected = line.get_extra_info("socket")
            if connected is not None:
                # A thread that waits for bytes is woken by this, and not by closing.
                with suppress(OSError):
                    socket.socket.shutdown(connected, socket.SHUT_RDWR)
        with suppress(Exception):
            self._client.close()

    def _follow(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._lines.add(info["return_value"])


def write_event(chunk: dict[str, Any]) -> bytes:
    """Return one chunk as an event."""
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"


def read_chunks(events: Iterable[str]) -> Iterator[dict[str, Any] | None]:
    """Yield the chunks of a stream's events, then None when their end mark was read.

    Raises:
        ValueError: an event is no JSON object.
    """
    for data in filter(None, events):
        if data == "[DONE]":
            yield None
            return
        chunk = json.loads(data)
        if not isinstance(chunk, dict):
            raise ValueError("an event is no object")
        yield chunk


def assemble(chunks: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the completion that chunks add up to."""
    body: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        _take_over(body, chunk)
        for delta in chunk.get("choices") or ():
            _add(choices, delta)
    body["object"] = "chat.completion"
    body["choices"] = [choices[index] for index in sorted(choices)]
    return body


def disassemble(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a completion as chunks: the messages, how they finished, the usage."""
    head = {name: body[name] for name in body if name not in ("choices", "usage", "object")}
    head["object"] = _CHUNK
    for choice in body["choices"]:
        delta = dict(choice["message"])
        if delta.get("tool_calls"):
            calls = enumerate(delta["tool_calls"])
            delta["tool_calls"] = [{"index": number, **call} for number, call in calls]
        said = {**choice, "message": None, "delta": delta, "finish_reason": None}
        index, reason = choice.get("index", 0), choice["finish_reason"]
        finished = {"index": index, "delta": {}, "finish_reason": reason}
        yield from ({**head, "choices": [part]} for part in (said, finished))
    yield {**head, "choices": [], "usage": body.get("usage")}


def _take_over(body: dict[str, Any], chunk: dict[str, Any]) -> None:
    for name, value in chunk.items():
        if name not in ("choices", "object") and value is not None and name != "x_groq":
            body.setdefault(name, value)
    # Groq has the usage in a field of its own.
    groq = chunk.get("x_groq")
    if isinstance(groq, dict):
        body.setdefault("x_groq", {"id": groq["id"]} if "id" in groq else {})
        if groq.get("usage"):
            body["usage"] = groq["usage"]


def _add(choices: dict[int, dict[str, Any]], part: dict[str, Any]) -> None:
    index = part.get("index", 0)
    choice = choices.setdefault(
        index,
        {
            "index": index,
            "message": {"role": "assistant", "content": None},
            "logprobs": None,
            "finish_reason": None,
        },
    )
    message = choice["message"]
    for name, value in (part.get("delta") or {}).items():
        if name == "tool_calls":
            for call in value or ():
                _add_call(message.setdefault("tool_calls", []), call)
        elif isinstance(value, str) and name != "role":
            message[name] = (message.get(name) or "") + value
        elif value is not None:
            message[name] = value
    if part.get("finish_reason") is not None:
        choice["finish_reason"] = part["finish_reason"]


def _add_call(calls: list[dict[str, Any]], part: dict[str, Any]) -> None:
    number = part.get("index", len(calls))
    while len(calls) <= number:
        calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
    call = calls[number]
    call["id"] = part.get("id") or call["id"]
    for name, value in (part.get("function") or {}).items():
        call["function"][name] = call["function"].get(name, "") + (value or "")
