import json
import socket
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Protocol

from pipeline.endpoints.call import ModelCall
from pipeline.endpoints.endpoint import endpoint_at
from pipeline.endpoints.exchange import Exchange
from pipeline.endpoints.limits import LimitMemory
from pipeline.endpoints.replies import ReplyStore
from pipeline.endpoints.spending import Meter
from pipeline.endpoints.waiting import FinalErrors, InterruptibleClock
from pipeline.params import SpendingParams


class InstantClock(InterruptibleClock):
    """`waited` is the sum of all waits, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self.waited = 0.0

    def now(self) -> float:
        return 1000.0 + self.waited

    def wait(self, seconds: float) -> None:
        with self._lock:
            self.waited += seconds
        super().wait(0)


PATH = "/openai/v1/chat/completions"


@dataclass(frozen=True)
class OpenedExchange:
    """An Exchange and the parts of it that tests look at."""

    exchange: Exchange
    meter: Meter
    clock: InstantClock
    memory: LimitMemory
    stored_only: ContextVar[bool]


def _opened(
    environ: Mapping[str, str], folder: Path, spending: SpendingParams | None
) -> OpenedExchange:
    """Open one of Groq's API, with its replies in `folder`."""
    endpoint, clock, meter = endpoint_at("groq", environ), InstantClock(), Meter(spending)
    stored_only: ContextVar[bool] = ContextVar("stored_only", default=False)
    memory = LimitMemory(folder / "limits", endpoint.base_url)
    exchange = Exchange(
        endpoint,
        ReplyStore(str(folder / "replies")),
        meter,
        lambda model: None,  # noqa: ARG005
        memory,
        stored_only,
        FinalErrors(clock),
        clock,
    )
    return OpenedExchange(exchange, meter, clock, memory, stored_only)


class Opening(Protocol):
    def __call__(
        self, environ: Mapping[str, str], folder: Path, spending: SpendingParams | None = None
    ) -> OpenedExchange: ...


@contextmanager
def opened_exchanges() -> Iterator[Opening]:
    """Hand out what opens Exchanges, and close them all in the end."""
    with ExitStack() as stack:

        def opening(
            environ: Mapping[str, str], folder: Path, spending: SpendingParams | None = None
        ) -> OpenedExchange:
            opened = _opened(environ, folder, spending)
            stack.callback(opened.exchange.close)
            return opened

        yield opening


def question(text: str = "Where?", repeat: int = 0, **more: object) -> ModelCall:
    """Return a call that asks a question."""
    messages = [{"role": "user", "content": text}]
    body = {"model": "llama", "messages": messages, "max_tokens": 50, **more}
    return ModelCall(PATH, body, repeat)


KEY = "gsk_0123456789abcdefSECRET"


@dataclass(frozen=True)
class Line:
    """One reply; `broken` ends it in its middle, or never."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    broken: Literal["", "cut", "stall"] = ""


def completion(text: str = "Paris.", **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_750_000_000,
        "model": "llama-3.3-70b-versatile",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        **more,
    }


def said(body: object, status: int = 200, **headers: str) -> Line:
    """Return a JSON reply; underscores in the names of headers become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Line(status, json.dumps(body).encode(), {"content-type": "application/json"} | named)


def failure(status: int, message: str = "no", code: str | None = None, **headers: str) -> Line:
    return said({"error": {"message": message, "code": code}}, status, **headers)


def events(*chunks: dict[str, Any], done: bool = True) -> Line:
    """Return a stream of chunks."""
    parts = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks]
    body = b"".join(parts) + b"data: [DONE]\n\n" * done
    return Line(200, body, {"content-type": "text/event-stream"})


def words(*texts: str) -> list[dict[str, Any]]:
    """Return the chunks of a streamed completion."""
    head = {"id": "chatcmpl-1", "created": 1_750_000_000, "model": "llama-3.3-70b-versatile"}
    head["object"] = "chat.completion.chunk"
    deltas: list[dict[str, Any]] = [
        {"index": 0, "delta": {"content": text}, "finish_reason": None} for text in texts
    ]
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return [
        *({**head, "choices": [delta]} for delta in deltas),
        {**head, "choices": [last], "x_groq": {"id": "req_1", "usage": usage}},
    ]


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]


class ScriptedEndpoint:
    """`asked` are the requests so far; `script` may be added to."""

    def __init__(self, *script: Line) -> None:
        self.script = deque(script)
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        handler = type("_Scripted", (_Handler,), {"endpoint": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def environ(self, **more: str) -> dict[str, str]:
        """Return the variables that point both providers here."""
        return {
            "GROQ_API_KEY": KEY,
            "GROQ_BASE_URL": self.url,
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"{self.url}/v1",
            **more,
        }

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def scripted(*script: Line) -> Iterator[ScriptedEndpoint]:
    endpoint = ScriptedEndpoint(*script)
    try:
        yield endpoint
    finally:
        endpoint.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    endpoint: ScriptedEndpoint

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_POST(self) -> None:  # noqa: N802
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.endpoint.asked.append(Asked(self.path, body, headers))
        with suppress(OSError):
            self._send(self.endpoint.script.popleft() if self.endpoint.script else _good(body))

    def _send(self, line: Line) -> None:
        self.send_response(line.status)
        for name, value in line.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(line.body)))
        self.end_headers()
        self.wfile.write(line.body[: len(line.body) // 2] if line.broken else line.body)
        self.wfile.flush()
        if line.broken == "stall":
            self.endpoint.closing.wait(10)
        if line.broken:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)


def _good(body: dict[str, Any]) -> Line:
    if "input" in body:
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        rows = [
            {"object": "embedding", "index": row, "embedding": [1.0, float(row)]}
            for row in range(len(texts))
        ]
        usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
        return said({"object": "list", "data": rows, "model": body["model"], "usage": usage})
    if not body.get("stream"):
        return said(completion())
    # Only Groq tells a stream's tokens unasked, and in a field of its own.
    chunks = words("Par", "is.")
    if body.get("stream_options"):
        chunks.append({**chunks[0], "choices": [], "usage": completion()["usage"]})
    return events(*chunks)
