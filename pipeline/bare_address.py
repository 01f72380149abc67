"""Bare address: where something lies, without what lets one in there."""

from urllib.parse import urlsplit, urlunsplit

_WITH_QUERY = ("http", "https", "webdav", "webdavs")


def bare_address(url: str) -> str:
    """Return an address without user, password and query, a local path as it is.

    Elsewhere than on the web a question mark is part of a path, as in S3's keys, and stays.
    """
    parts = urlsplit(url)
    if not parts.scheme or not parts.netloc:
        return url
    query = "" if parts.scheme in _WITH_QUERY else parts.query
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, query, ""))
