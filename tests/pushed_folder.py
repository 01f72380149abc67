"""Folders in a remote in DVC's layout, written as `dvc push` writes them."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path


def push_folder(remote: Path, files: Mapping[str, bytes]) -> str:
    """Put files into a remote; return the id of their folder."""
    rows = [{"md5": push_object(remote, files[name]), "relpath": name} for name in sorted(files)]
    return push_listing(remote, json.dumps(rows, sort_keys=True).encode())


def push_listing(remote: Path, content: bytes) -> str:
    """Put the listing of a folder into a remote; return its id."""
    return push_object(remote, content, ".dir") + ".dir"


def push_object(remote: Path, content: bytes, ending: str = "") -> str:
    """Put an object into a remote; return its MD5."""
    md5 = hashlib.md5(content).hexdigest()
    path = object_path(remote, md5 + ending)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return md5


def object_path(remote: Path, digest: str) -> Path:
    """Where an object lies in a remote."""
    return remote / "files" / "md5" / digest[:2] / digest[2:]


def push_files(remote: Path, folder: Path) -> str:
    """Put what a folder holds into a remote; return its id."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return push_folder(
        remote, {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    )
