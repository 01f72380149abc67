"""Wire: requests to one endpoint, as bytes and lines, and nothing more."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from pipeline.endpoint import Endpoint

if TYPE_CHECKING:
    from httpx import Response

_CONNECTING = 10.0
_HIDDEN = "***"
# A shorter one is no secret but a word, as `ollama`, which texts may well hold.
_SHORTEST_SECRET = 8


class Wire:
    """Thread-safe; connections are kept open between calls."""

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
        """Return the body of a reply, without the key wherever the endpoint repeats it.

        Raises:
            httpx.HTTPError: it is not whole.
        """
        content = response.read()
        return content.replace(self._key.encode(), _HIDDEN.encode()) if self._key else content

    def lines(self, response: "Response") -> Iterator[str]:
        """Yield the lines of a reply as they come, without the key.

        Raises:
            httpx.HTTPError: it is not whole.
        """
        for line in response.iter_lines():
            yield line.replace(self._key, _HIDDEN) if self._key else line

    @contextmanager
    def post(self, path: str, body: dict[str, Any]) -> Iterator["Response"]:
        """Send a request and yield the reply, whose body is not read yet.

        Raises:
            httpx.HTTPError: no reply, or no whole one, came.
        """
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
