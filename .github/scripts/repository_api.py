"""GitHub's REST API of one repository, as far as a pull request and its comments need it."""

import json
import os
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

_SECONDS = 30
_NEXT = re.compile(r'<([^>]+)>; rel="next"')


class RepositoryApi:
    """Asks with GH_TOKEN for GITHUB_REPOSITORY, at GITHUB_API_URL; all three are read here."""

    def __init__(self) -> None:
        """Read the environment; asks nobody yet."""
        self._root = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}"
        self._headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['GH_TOKEN']}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        }

    def send(self, method: str, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """Create or change something and return what GitHub made of it."""
        answer, _ = self._ask(method, f"{self._root}/{path}", json.dumps(content).encode())
        return dict(answer)

    def rows(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield every row of a list, page after page; `path` holds a query."""
        address: str | None = f"{self._root}/{path}&per_page=100"
        while address is not None:
            rows, link = self._ask("GET", address, None)
            yield from rows
            found = _NEXT.search(link)
            address = found[1] if found else None

    def _ask(self, method: str, address: str, content: bytes | None) -> tuple[Any, str]:
        request = urllib.request.Request(address, content, self._headers, method=method)
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:
            return json.load(response), response.headers.get("Link", "")
