"""A fake of GitHub's API for comments and pull requests."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "token-of-the-run"
REPOSITORY = "ada/handbook"
_PAGE = 2


class Forge(ThreadingHTTPServer):
    """Holds comments and pull requests; every list comes in pages of two."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str]] = []
        self.comments: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []

    @property
    def environ(self) -> dict[str, str]:
        """What a runner of this forge sets."""
        url = f"http://127.0.0.1:{self.server_address[1]}"
        return {"GITHUB_API_URL": url, "GITHUB_REPOSITORY": REPOSITORY}


class _Handler(BaseHTTPRequestHandler):
    server: Forge

    def do_GET(self) -> None:
        path, query = self._asked()
        rows = self.server.pulls if path == "pulls" else self.server.comments
        page = next((int(each[5:]) for each in query if each.startswith("page=")), 1)
        more = len(rows) > page * _PAGE
        url = f"{self.server.environ['GITHUB_API_URL']}/repos/{REPOSITORY}/{path}?page={page + 1}"
        self._answer(
            rows[(page - 1) * _PAGE : page * _PAGE], f'<{url}>; rel="next"' if more else ""
        )

    def do_POST(self) -> None:
        path, _ = self._asked()
        rows = self.server.pulls if path == "pulls" else self.server.comments
        number = len(rows) + 1
        rows.append({**self._content(), "id": number, "number": number, "user": {"type": "Bot"},
                     "html_url": f"https://forge.example/{path}/{number}"})  # fmt: skip
        self._answer(rows[-1])

    def do_PATCH(self) -> None:
        path, _ = self._asked()
        kind, _, number = path.rpartition("/")
        row = (self.server.pulls if kind == "pulls" else self.server.comments)[int(number) - 1]
        row.update(self._content())
        self._answer(row)

    def _asked(self) -> tuple[str, list[str]]:
        path, _, query = self.path.partition("?")
        assert self.headers["Authorization"] == f"Bearer {TOKEN}"
        path = path.removeprefix(f"/repos/{REPOSITORY}/")
        self.server.asked.append((self.command, path))
        return path, query.split("&")

    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return content

    def _answer(self, content: object, link: str = "") -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def serving_forge() -> Iterator[Forge]:
    forge = Forge()
    thread = threading.Thread(target=forge.serve_forever, daemon=True)
    thread.start()
    try:
        yield forge
    finally:
        forge.shutdown()
        forge.server_close()
        thread.join()
