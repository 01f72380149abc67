"""A web server of a folder, which gives parts of files or not, and fails as it is told to."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Fault = Callable[["Request"], "int | str | None"]
"""Says what is wrong with a request: a status, `cut` for half of the body, or nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; `count` is how often this very thing was before."""

    method: str
    path: str
    part: str | None
    count: int


@dataclass
class ObjectServer:
    """The folder, what to do wrong, and what was asked for so far."""

    folder: Path
    parts: bool = True
    sizes: bool = True
    delay: float = 0.0
    fault: Fault | None = None
    body: bytes = b""
    """The body of an error, as S3 would word it."""
    seen: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def note(self, method: str, path: str, part: str | None) -> Request:
        with self.lock:
            asked = (method, path, part)
            count = sum((each.method, each.path, each.part) == asked for each in self.seen)
            self.seen.append(Request(*asked, count))
            return self.seen[-1]

    def parts_of(self, name: str) -> list[str]:
        """The ranges that were asked of an object."""
        path = f"/{name[:2]}/{name[2:]}"
        with self.lock:
            return [each.part for each in self.seen if each.part and each.path.endswith(path)]


@contextmanager
def serving_objects(folder: Path, parts: bool = True) -> Iterator[ObjectServer]:
    """Serve a folder on loopback while within."""
    objects = ObjectServer(folder, parts)

    class Handler(_Handler):
        server_of = objects

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    objects.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield objects
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of: ObjectServer

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *args: object) -> None:
        del args

    def _answer(self) -> None:
        objects = self.server_of
        request = objects.note(self.command, self.path, self.headers.get("Range"))
        time.sleep(objects.delay)
        path = objects.folder / self.path.lstrip("/").partition("?")[0]
        fault = objects.fault(request) if objects.fault else None
        if fault is None and not path.is_file():
            fault = 404
        if isinstance(fault, int):
            self._send(fault, objects.body, {})
            return
        content, status, headers = path.read_bytes(), 200, {}
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", request.part or "")
        if found and objects.parts:
            first, last = int(found[1]), min(int(found[2]), len(content) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            content, status = content[first : last + 1], 206
        self._send(status, content, headers, cut=fault == "cut")

    def _send(self, status: int, body: bytes, headers: dict[str, str], cut: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.server_of.sizes:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True
