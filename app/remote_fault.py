"""Remote fault: what any kind of remote raised, as one RemoteError with the fix and no secret."""

import re
from collections.abc import Iterable, Mapping

from pipeline.errors import RemoteError

_LONGEST = 200
_SECRET = re.compile(r"key|secret|token|pass|connection_string|sas", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")
# By the class's name or the text: each kind of remote has a client, and errors, of its own.
_FIXES = (
    (r"NoCredentials|PartialCredentials|ProfileNotFound",
     "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
     "`dvc remote modify --local {name} access_key_id ID` and secret_access_key"),
    (r"PermissionError|Forbidden|AccessDenied|InvalidAccessKey|SignatureDoesNotMatch|Unauthorized",
     "check its credentials with `dvc config --list`, and what their account may do there"),
    (r"NoSuchBucket|bucket does not exist", "make the bucket first, or correct its name"),
    (r"Connect|Timeout|Unreachable|gaierror|resolve",
     "start it (`make s3` starts a local one), or correct its address"),
    (r"RemoteMissingDeps", "install what `dvc doctor` says is missing"),
)  # fmt: skip
_ELSE = "check `dvc remote list` and its credentials"


def remote_fault(url: str, name: str, error: BaseException, secrets: Iterable[str]) -> RemoteError:
    """Return what a client of a remote raised as one line with the way on.

    Args:
        url: The remote's address, without credentials.
        name: What DVC's configuration calls it.
        error: Whatever was raised.
        secrets: Texts that must not be shown.
    """
    told = " ".join(str(error).split())
    for secret in secrets:
        told = told.replace(secret, "***")
    told = _USERINFO.sub("***@", told)
    reason = f"{type(error).__name__}: {told}"[:_LONGEST].removesuffix(": ")
    found = (fix for pattern, fix in _FIXES if re.search(pattern, reason))
    fix = next(found, _ELSE).format(name=name)
    return RemoteError(f"the remote {url} cannot be used ({reason}); {fix}")


def secrets_of(config: Mapping[str, object]) -> list[str]:
    """Return the values in a remote's configuration that nobody may see, the longest first."""
    found = {str(value) for key, value in config.items() if value and _SECRET.search(key)}
    return sorted((each for each in found if len(each) > 3), key=len, reverse=True)
