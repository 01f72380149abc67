"""LoopbackServer: a server that speaks Groq's and OpenAI's API, on a free port."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import ThreadingHTTPServer
from typing import Any

from tests.loopback.behaviour import Behaviour
from tests.loopback.call import Call
from tests.loopback.handler import Handler
from tests.loopback.service import Service

ANY_KEY = "loopback-key"


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, service: Service) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), type("_Handler", (Handler,), {"service": service}))

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave a client that went away alone; all else is a fault of this server's."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def end_connections(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class LoopbackServer:
    """Serves from when it is made; port 0 takes a free one, and settings are Behaviour's."""

    def __init__(self, port: int = 0, **settings: Any) -> None:
        self._service = Service(**settings)
        self._server = _HttpServer(port, self._service)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """The address without a path: the base URL of the groq SDK."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def behaviour(self) -> Behaviour:
        return self._service.behaviour

    @property
    def calls(self) -> list[Call]:
        """The latest requests, oldest first: their paths, bodies, messages and digests."""
        return self._service.counted.calls

    def counts(self) -> dict[str, Any]:
        """Return what GET /_counts says."""
        return self._service.counted.report()

    def control(self, reset: bool = False, **settings: Any) -> dict[str, Any]:
        """Change settings at run time, as POST /_control does, and return all.

        Raises:
            ValueError: a name or a value that is not known.
        """
        return self._service.control(reset, **settings)

    def close(self) -> None:
        self._service.closing.set()
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(**settings: Any) -> Iterator[LoopbackServer]:
    """Serve within it; the settings are Behaviour's."""
    server = LoopbackServer(**settings)
    try:
        yield server
    finally:
        server.close()


def environment(server: LoopbackServer) -> dict[str, str]:
    """Return the variables that point both SDKs, and Winnow, at the server."""
    key = server.behaviour.key or ANY_KEY
    return {
        "GROQ_API_KEY": key,
        "GROQ_BASE_URL": server.url,
        "OPENAI_API_KEY": key,
        "OPENAI_BASE_URL": f"{server.url}/v1",
    }
