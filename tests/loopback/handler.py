"""Handler: reads a request, and writes what the service decides, whole or broken."""

import json
import select
import socket
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import failure
from tests.loopback.call import Call
from tests.loopback.failure import Failure
from tests.loopback.reply import Reply, completion, events
from tests.loopback.service import PREFIXES, Decision, Service


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with kept connections; a subclass names the `service`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    service: Service

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:  # noqa: N802
        if self.path == "/_counts":
            self._send_json(self.service.counted.report())
        elif self.path in [f"{prefix}/models" for prefix in PREFIXES]:
            names = self.service.behaviour.models or ("llama-3.3-70b-versatile",)
            rows = [{"id": name, "object": "model", "owned_by": "loopback"} for name in names]
            self._send_json({"object": "list", "data": rows})
        else:
            self._send_failure(failure.unknown_path(self.path))

    def do_POST(self) -> None:  # noqa: N802
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self._send_failure(failure.bad_request("the body is no JSON object"))
        elif self.path == "/_control":
            self._control(body)
        else:
            self._serve(Call(self.path, body))

    def _control(self, settings: dict[str, Any]) -> None:
        try:
            self._send_json(self.service.control(**settings))
        except (ValueError, TypeError) as error:
            self._send_failure(failure.bad_request(str(error)))

    def _serve(self, call: Call) -> None:
        decision = self.service.decide(call, self.headers.get("authorization"))
        try:
            self._write(call, decision)
        except OSError:
            self.close_connection = True
            self.service.counted.lose(call, decision.outcome)

    def _write(self, call: Call, decision: Decision) -> None:
        said, fault = decision.said, decision.fault
        headers = self.service.headers(call)
        if isinstance(said, Failure):
            self._send_failure(said, headers)
        elif fault == "silence":
            self._wait()
        elif isinstance(said, Reply) and call.streamed:
            self._stream([event.encode() for event in events(call, said)], headers, fault)
        else:
            content = completion(call, said) if isinstance(said, Reply) else said
            self._plain(json.dumps(content).encode(), headers, fault)

    def _plain(self, body: bytes, headers: dict[str, str], fault: str | None) -> None:
        """Write a body; `half` of one says so in its length, a `cut` or stalled one does not."""
        part = body if fault is None else body[: len(body) // 2]
        length = len(part) if fault == "half" else len(body)
        self._head(200, length, {"content-type": "application/json"} | headers)
        self.wfile.write(part)
        self._break(fault)

    def _stream(self, parts: list[bytes], headers: dict[str, str], fault: str | None) -> None:
        """Write events; `half` ends within one as if all was well, `cut` and `stall` after one."""
        self._head(200, None, {"content-type": "text/event-stream"} | headers)
        sent = parts if fault is None else parts[: len(parts) // 2]
        for part in sent:
            self._chunk(part)
        if fault == "half":
            self._chunk(parts[len(sent)][: len(parts[len(sent)]) // 2])
        if fault in (None, "half"):
            self.wfile.write(b"0\r\n\r\n")
        self._break(fault)

    def _chunk(self, part: bytes) -> None:
        self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")

    def _break(self, fault: str | None) -> None:
        if fault == "stall":
            self._wait()
        if fault in ("stall", "cut"):
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    def _wait(self) -> None:
        """Say nothing until the client is gone, the service closes or `stall` is over."""
        self.close_connection = True
        until = time.monotonic() + self.service.behaviour.stall
        while time.monotonic() < until and not self.service.closing.wait(0.02):
            readable, _, _ = select.select([self.connection], [], [], 0)
            with suppress(OSError):
                if readable and not self.connection.recv(1, socket.MSG_PEEK):
                    return

    def _send_failure(self, said: Failure, headers: dict[str, str] | None = None) -> None:
        self._head(said.status, len(said.body), (headers or {}) | said.headers)
        self.wfile.write(said.body)

    def _send_json(self, content: dict[str, Any]) -> None:
        body = json.dumps(content, indent=1).encode()
        self._head(200, len(body), {"content-type": "application/json"})
        self.wfile.write(body)

    def _head(self, status: int, length: int | None, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is None:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(length))
        self.end_headers()
