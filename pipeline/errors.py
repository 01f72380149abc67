"""Every error that Winnow raises on purpose.

Each message gives the value that was wrong and what to do about it, and no secret: an address in it
is a `public_address`, and what another program says goes through `without_secrets`.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit


class WinnowError(Exception):
    """Root of all errors whose message is meant for a person."""


class ParamsError(WinnowError):
    """A params section or a --set value is unknown, missing or impossible."""


class DataError(WinnowError):
    """Something the user brought cannot be used."""


class ReadError(DataError):
    """One file cannot be read; the message is its quarantine reason."""


class LimitError(ReadError):
    """This machine's limit of time or memory ended the reading of a file."""


class CaseError(DataError):
    """A case file cannot be used."""


class ArtifactError(WinnowError):
    """A file that an earlier stage wrote is missing or broken."""


class VersionError(WinnowError):
    """A Version cannot be found or opened."""


class RemoteError(WinnowError):
    """A remote cannot be reached, or an object there is missing or damaged."""


class LedgerError(WinnowError):
    """The ledger cannot be reached or holds something unexpected."""


class ConflictError(LedgerError):
    """Somebody else's promotion came first."""


class ReceiptError(LedgerError):
    """A receipt is missing, was changed, or is not signed as it must be."""


class PrerequisiteError(WinnowError):
    """Something must be installed, started or set first."""


class EndpointError(WinnowError):
    """A model's endpoint gave no usable reply, however often it was asked."""


class RefusedError(EndpointError):
    """An endpoint refused the request itself, so that asking again is no use."""


class NotStoredError(EndpointError):
    """Only stored replies were asked for, and this one is not.

    The tokens are an estimate of the prompt's and the most that the completion may take.
    """

    def __init__(self, message: str, prompt_tokens: int = 0, completion_tokens: int = 0) -> None:
        super().__init__(message)
        self.prompt_tokens = prompt_tokens
        self.completion_tokens = completion_tokens


class NoMoreCallsError(EndpointError):
    """No further call makes sense now; all replies so far are stored."""


class QuotaError(NoMoreCallsError):
    """A quota of the endpoint is used up for longer than is worth waiting."""


class BudgetError(NoMoreCallsError):
    """The next call could cost more than `spending` allows."""


class OutageError(NoMoreCallsError):
    """The endpoint failed too often in a row."""


HIDDEN = "***"
"""What a message shows in place of a secret."""

# A shorter one is rather a word, which a message may well hold.
_SHORTEST_SECRET = 4
_MEMORY = re.compile(r" at 0x[0-9A-Fa-f]+")
_USER = re.compile(r"(?<=://)[^/\s]*@")
_WITH_QUERY = ("http", "https", "webdav", "webdavs")


def one_line(said: object, limit: int | None = None) -> str:
    """Return what an error or another program says as one line, cut after `limit` characters."""
    return " ".join(str(said).split())[:limit]


def counted(count: int, noun: str, form: str = "") -> str:
    """Write a count, formatted if wanted, with its noun: `1 Case`, `12 Cases`."""
    return f"{count:{form}} {noun}{'' if count == 1 else 's'}"


def lasting_line(said: object, limit: int) -> str:
    """Return `one_line` without addresses in memory, which no two runs share."""
    return _MEMORY.sub("", one_line(said))[:limit]


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text in which neither the secrets nor the user of any address can be read."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    return _USER.sub(f"{HIDDEN}@", text)


def public_address(url: str) -> str:
    """Return an address without user, password and query, a local path as it is.

    Elsewhere than on the web a question mark is part of a path, as in S3's keys, and stays.
    """
    parts = urlsplit(_USER.sub("", url))
    if not parts.scheme or not parts.netloc:
        return url
    query = "" if parts.scheme in _WITH_QUERY else parts.query
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
