"""What went wrong with the ledger's store, as one line: where, why, and what to do."""

import re
import shlex
import textwrap
from urllib.parse import unquote, urlsplit, urlunsplit

from pipeline.errors import LedgerError

_ERRNO = re.compile(r"\[Errno -?\d+\] ([^\"'()\[\]<>]+)")
_USER_INFO = re.compile(r"(?<=://)[^/@\s]*@")


def ledger_fault(uri: str, error: BaseException) -> LedgerError:
    """Return an error that names the store, the reason and the fix, without secrets."""
    text = _USER_INFO.sub("***@", str(error).replace(uri, masked_uri(uri)))
    place = masked_uri(uri)
    return LedgerError(f"the MLflow store {place}: {_reason(error, text)}; {_fix(place, text)}")


def masked_uri(uri: str) -> str:
    """Return a URI without its user name, password and query, which may hold secrets."""
    parts = urlsplit(uri)
    if not parts.scheme or not parts.netloc:
        return uri.partition("?")[0]
    host = parts.netloc.rpartition("@")[2]
    netloc = f"***@{host}" if "@" in parts.netloc else host
    return urlunsplit((parts.scheme, netloc, parts.path, "", ""))


def _reason(error: BaseException, text: str) -> str:
    if match := _ERRNO.search(text):
        return f"it cannot be reached ({match.group(1).strip().lower()})"
    if "timed out" in text.lower():
        return "it did not answer in time"
    line = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    return textwrap.shorten(line, width=240, placeholder=" ...")


def _fix(place: str, text: str) -> str:
    if "No module named" in text:
        return "install the driver of this database with pip"
    if "schema" in text and "upgrade" in text:
        return f"back it up, then run `mlflow db upgrade {place}`"
    if "could not be acquired" in text:
        return "another process is recording; wait for it or end it, then try again"
    if place.startswith("sqlite"):
        file = unquote(place.removeprefix("sqlite:///"))
        path, broken = shlex.quote(file), shlex.quote(f"{file}.broken")
        return (
            f"check that the disk is writable and has space, or set the file aside with "
            f"`mv {path} {broken}` and record again"
        )
    return "start that server, or correct MLFLOW_TRACKING_URI (unset, a local store is used)"
