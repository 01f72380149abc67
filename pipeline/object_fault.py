"""Object faults: what a client of a remote raised, whether to ask again, and how to say it."""

import errno
from collections.abc import Iterator

from pipeline.errors import RemoteError
from pipeline.remote_address import RemoteAddress

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


class ObjectFault:
    """One failed request for one object; the clients' errors are told by status, code and name."""

    def __init__(self, error: BaseException) -> None:
        """Take what fsspec raised."""
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
        told = " ".join(str(self._root).split())
        # A client may repeat the address that it was given, password included.
        told = told.replace(address.url, address.shown)
        for secret in _secrets(address):
            told = told.replace(secret, "***")
        return f"{type(self._root).__name__}: {told}"[:_LONGEST].removesuffix(": ")


def disk_full(error: BaseException) -> bool:
    """Whether it says that no more can be written here, which is no fault of the remote."""
    return isinstance(error, OSError) and error.errno in _FULL


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__


def _secrets(address: RemoteAddress) -> Iterator[str]:
    userinfo = address.url.partition("://")[2].partition("/")[0].rpartition("@")[0]
    found = [userinfo, *userinfo.split(":"), *map(str, address.credentials.values())]
    return (each for each in sorted(found, key=len, reverse=True) if len(each) > 3)
