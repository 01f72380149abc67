"""Remote: where it is, and its objects in DVC 3's layout, read by their digest, by fsspec."""

import errno
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pipeline.endpoints.waiting import Backoff
from pipeline.errors import RemoteError, one_line, public_address, without_secrets

Found = TypeVar("Found")

ATTEMPTS = 5
_LONGEST_WAIT = 8.0
_OBJECTS = "files/md5"
_CONNECT_SECONDS = 10
_SILENT_SECONDS = 60
_LONGEST = 200
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LATER = (408, 425, 429)
_NO_CREDENTIALS = (
    "NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "CredentialRetrievalError",
    "TokenRetrievalError", "UnauthorizedSSOTokenError", "SSOTokenLoadError",
)  # fmt: skip
_DENIED_CODES = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken")
_LET_IN = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or give --anonymous for "
    "a public bucket (without the right to list, S3 says this of a missing object too)"
}


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
        return public_address(self.url)

    @property
    def secrets(self) -> list[str]:
        """What lets one in: the user and password of the address, and the credentials."""
        user = self.url.partition("://")[2].partition("/")[0].rpartition("@")[0]
        return [user, *user.split(":"), *map(str, self.credentials.values())]

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


class RemoteObjects:
    """Thread-safe, a context manager; `REMOTE/files/md5/ab/cdef…` is the object `abcdef…`.

    Each method asks again a few times where that may help, and raises RemoteError with the
    object's name and what to do where it does not.
    """

    def __init__(self, address: RemoteAddress, attempts: int = ATTEMPTS) -> None:
        """Prepare the client; the remote is asked for nothing yet.

        Raises:
            RemoteError: there is no client for such an address, or no such local folder.
        """
        import fsspec

        self.address = address
        self._attempts = attempts
        self._closed = threading.Event()
        try:
            self._fs, root = fsspec.core.url_to_fs(address.location, **address.options())
        except (ImportError, ValueError) as error:
            raise RemoteError(
                f"{address.shown} cannot be opened ({one_line(error, 200)}); give "
                "s3://BUCKET/FOLDER, https://, a folder, or install the client that is missing"
            ) from None
        if address.scheme == "file" and not Path(root).is_dir():
            raise RemoteError(f"the remote {address.shown} is no folder; correct the address")
        self._root = f"{root.rstrip('/')}/{_OBJECTS}"

    def __enter__(self) -> "RemoteObjects":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Make whoever waits to ask again give up."""
        self._closed.set()

    def read(self, digest: str, name: str) -> bytes:
        """Return a whole object, which has to be small, such as a listing."""
        return self._attempt(name, lambda: bytes(self._fs.cat_file(self._path(digest))))

    def size(self, digest: str, name: str) -> int | None:
        """Return an object's size in bytes; None where a web server does not tell it."""
        found = self._attempt(name, lambda: self._fs.info(self._path(digest))["size"])
        return None if found is None else int(found)

    def gives_ranges(self, digest: str, name: str) -> bool:
        """Whether a part of an object can be asked for; tried on one that is small."""
        if self.address.scheme not in ("http", "https"):
            return True
        probe = self._attempt(name, lambda: self._fs.cat_file(self._path(digest), start=0, end=1))
        return len(probe) == 1

    def read_part(self, digest: str, name: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` until before `end`, all of them."""

        def part() -> bytes:
            content = bytes(self._fs.cat_file(self._path(digest), start=start, end=end))
            if len(content) != end - start:
                raise OSError(f"{len(content):,} bytes came where {end - start:,} were asked for")
            return content

        return self._attempt(name, part)

    def copy(self, digest: str, name: str, path: Path) -> None:
        """Write a whole object to a file as it comes."""
        self._attempt(name, lambda: self._fs.get_file(self._path(digest), str(path)))

    def folder_ids(self, start: str) -> list[str]:
        """Return the ids of the folders, with `.dir`, that begin with two or more digits.

        Raises:
            RemoteError: the remote cannot be listed, as most web servers cannot.
        """
        folder = f"{self._root}/{start[:2]}"
        name = f"what begins with {start}"
        try:
            listed = self._attempt(name, lambda: self._listed(folder))
        except RemoteError as error:
            raise RemoteError(f"{error}; or give all 32 digits of the id") from None
        ids = {f"{start[:2]}{each.rstrip('/').rpartition('/')[2]}" for each in listed}
        return sorted(each for each in ids if each.startswith(start) and each.endswith(".dir"))

    def _listed(self, folder: str) -> list[str]:
        try:
            return list(self._fs.ls(folder, detail=False))
        except FileNotFoundError as error:
            # A folder of S3 exists while an object lies in it.
            if error.__cause__ is None and self.address.scheme in ("s3", "file"):
                return []
            raise

    def _path(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest[2:]}"

    def _attempt(self, name: str, call: Callable[[], Found]) -> Found:
        backoff = Backoff(self._attempts, longest=_LONGEST_WAIT)
        while True:
            try:
                return call()
            except Exception as error:
                # Each kind of remote raises what its own client raises.
                if disk_full(error):
                    raise
                fault = _Fault(error)
                seconds = backoff.next() if fault.passing else None
                if seconds is None or self._closed.wait(seconds):
                    raise fault.told(name, self.address) from None


def disk_full(error: BaseException) -> bool:
    """Whether it says that no more can be written here, which is no fault of the remote."""
    return isinstance(error, OSError) and error.errno in _FULL


class _Fault:
    """One failed request for one object; the clients' errors are told by status, code and name."""

    def __init__(self, error: BaseException) -> None:
        self._chain = list(_causes(error))
        # The innermost knows most: fsspec calls whatever happens to a HEAD request a missing file.
        self._root = self._chain[-1]

    @property
    def passing(self) -> bool:
        """Whether asking again may help."""
        status = self._status
        if status is not None:
            return status >= 500 or status in _LATER
        lasting = (PermissionError, FileNotFoundError, IsADirectoryError, NotADirectoryError)
        return not (self._unsigned or isinstance(self._root, (*lasting, ValueError, TypeError)))

    def told(self, name: str, address: RemoteAddress) -> RemoteError:
        """Return the one line for a person: what could not be read, why, and what to do."""
        at = address.shown
        if self._code == "NoSuchBucket":
            return RemoteError(f"the bucket of {at} does not exist there; correct its name")
        if self._denied:
            fix = _LET_IN.get(address.scheme, "have it let you in, or correct the address")
            return RemoteError(f"{at} denies access to {name} ({self._reason(address)}); {fix}")
        if self._status == 404 or (
            self._status is None and isinstance(self._root, FileNotFoundError)
        ):
            return RemoteError(
                f"{name} is not in {at}; push it from where it was built (`winnow promote`, or "
                "`dvc push`), or correct the address"
            )
        return RemoteError(
            f"{name} cannot be read from {at} ({self._reason(address)}); check the address and "
            "that it is up, then run the same command again: what came already is kept"
        )

    @property
    def _status(self) -> int | None:
        """The HTTP status, by aiohttp or botocore."""
        for error in reversed(self._chain):
            told = getattr(error, "response", None)
            if isinstance(told, dict):
                found = told.get("ResponseMetadata", {}).get("HTTPStatusCode")
            else:
                found = getattr(error, "status", None)
            if isinstance(found, int):
                return found
        return None

    @property
    def _code(self) -> str:
        told = getattr(self._root, "response", None)
        return str(told.get("Error", {}).get("Code", "")) if isinstance(told, dict) else ""

    @property
    def _unsigned(self) -> bool:
        return type(self._root).__name__ in _NO_CREDENTIALS

    @property
    def _denied(self) -> bool:
        return (
            self._unsigned
            or self._status in (401, 403)
            or self._code in _DENIED_CODES
            or isinstance(self._root, PermissionError)
        )

    def _reason(self, address: RemoteAddress) -> str:
        told = one_line(self._root)
        # A client may repeat the address that it was given, password included.
        told = without_secrets(told.replace(address.url, address.shown), address.secrets)
        return f"{type(self._root).__name__}: {told}"[:_LONGEST].removesuffix(": ")


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__
