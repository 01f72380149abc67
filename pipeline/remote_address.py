"""RemoteAddress: where a remote in DVC's layout lies, and how one is let in there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.bare_address import bare_address
from pipeline.errors import RemoteError

_CONNECT_SECONDS = 10
_SILENT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RemoteAddress:
    """An `s3://` address, a local folder, `https://`, or what else fsspec has a client for.

    `credentials` are fsspec's own options of that client; what is not given there comes from the
    environment, as that client finds it.
    """

    url: str
    endpoint_url: str | None = None
    anonymous: bool = False
    credentials: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Refuse what could only fail later, and less clearly.

        Raises:
            RemoteError: the address is empty, has a query, or does not go with the options.
        """
        if not self.url.strip():
            raise RemoteError("the remote's address is empty; give s3://BUCKET/FOLDER or a folder")
        if self.scheme in ("http", "https") and urlsplit(self.url).query:
            raise RemoteError(
                f"the remote's address {self.shown} has a query (?…), which cannot stand before "
                "an object's path; give the address of the folder alone"
            )
        if self.endpoint_url is not None and self.scheme != "s3":
            raise RemoteError(
                f"--endpoint-url says where an s3:// remote is served, but the remote is "
                f"{self.shown}; leave it out"
            )

    @property
    def scheme(self) -> str:
        """The kind of place, such as `s3` or `https`; `file` for a local folder."""
        return self.url.partition("://")[0].lower() if "://" in self.url else "file"

    @property
    def location(self) -> str:
        """The address as fsspec takes it, without a slash at the end."""
        if "://" in self.url:
            return self.url.rstrip("/")
        return str(Path(self.url).expanduser().absolute())

    @property
    def shown(self) -> str:
        """The address for messages, without what lets one in."""
        return bare_address(self.url)

    def options(self) -> dict[str, Any]:
        """Return the options for fsspec, with timeouts; nothing of it is kept for a later call."""
        found: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
        if self.scheme == "s3":
            # Attempts are counted by whoever asks, so the client makes one.
            config = {
                "connect_timeout": _CONNECT_SECONDS,
                "read_timeout": _SILENT_SECONDS,
                "retries": {"total_max_attempts": 1},
            }
            found |= {"anon": self.anonymous, "config_kwargs": config}
            if self.endpoint_url:
                found["endpoint_url"] = self.endpoint_url
        elif self.scheme in ("http", "https"):
            from aiohttp import ClientTimeout

            # fsspec would end any transfer, however lively, after five minutes.
            timeout = ClientTimeout(
                total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENT_SECONDS
            )
            found["client_kwargs"] = {"timeout": timeout, "trust_env": True}
            # A range of compressed bytes is no range of the object.
            found["headers"] = {"Accept-Encoding": "identity"}
        return {**found, **self.credentials}
