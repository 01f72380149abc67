"""Folder listing: the JSON object by which DVC names a folder's files, checked before any use."""

import hashlib
import json
import re
from pathlib import PurePosixPath
from typing import Any

from pipeline.errors import RemoteError

_MD5 = re.compile(r"[0-9a-f]{32}")
_DRIVE = re.compile(r"[A-Za-z]:")


def parse_listing(content: bytes, folder_id: str, source: str) -> dict[str, str]:
    """Map a folder's relative paths to their MD5, of a listing that came from a remote.

    Args:
        content: The listing's bytes, a JSON list of {md5, relpath}.
        folder_id: The id that it was asked for by, which is the MD5 of these bytes and `.dir`.
        source: Where it came from, for messages.

    Raises:
        RemoteError: it is damaged or no listing, or a path of it leaves the folder.
    """
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if md5 != folder_id.removesuffix(".dir"):
        raise RemoteError(
            f"the listing {folder_id} is damaged in {source}: its {len(content):,} bytes have the "
            f"MD5 {md5}; remove it there and push again from where it was built"
        )
    try:
        rows = json.loads(content)
        files = [(row["relpath"], row["md5"]) for row in rows]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise RemoteError(
            f"{folder_id} in {source} lists no files (a JSON list of md5 and relpath was "
            "expected); check the id"
        ) from None
    for relpath, md5 in files:
        if fault := _fault(relpath, md5):
            raise RemoteError(
                f"the listing {folder_id} in {source} names {relpath!r}, which {fault}; "
                "nothing was written: do not trust who pushed it"
            )
    return _without_clashes(files, folder_id, source)


def _fault(relpath: Any, md5: Any) -> str | None:
    """Say why a row cannot be put in place safely."""
    if not isinstance(md5, str) or not _MD5.fullmatch(md5):
        return f"has the impossible MD5 {md5!r}"
    if not isinstance(relpath, str) or not relpath:
        return "is no path"
    if relpath.startswith("/") or _DRIVE.match(relpath):
        return "is no path below the folder"
    if "\\" in relpath or "\0" in relpath:
        return "has a character that no path here may have"
    if any(part in ("", ".", "..") for part in relpath.split("/")):
        return "leaves the folder or goes in circles"
    return None


def _without_clashes(files: list[tuple[str, str]], folder_id: str, source: str) -> dict[str, str]:
    found = dict(files)
    parents = {str(each) for relpath in found for each in PurePosixPath(relpath).parents}
    clashes = [relpath for relpath in found if relpath in parents]
    if len(found) != len(files):
        clashes += [relpath for relpath, _ in files if [row[0] for row in files].count(relpath) > 1]
    if clashes:
        raise RemoteError(
            f"the listing {folder_id} in {source} names {clashes[0]!r} twice; nothing was "
            "written: do not trust who pushed it"
        )
    return found
