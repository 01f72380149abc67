"""Content hashes: of text, of values, of files, and DVC's hash of a directory."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import ArtifactError

_BLOCK = 1 << 20


def hash_text(text: str) -> str:
    """Return the first 32 hex digits of the SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def hash_of(value: object) -> str:
    """Hash a JSON-able value; the order of mapping keys does not matter."""
    return hash_text(json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False))


def hash_file(path: Path, algorithm: str = "sha256") -> str:
    """Return the hex digest of a file's bytes."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def folder_files(folder: Path) -> dict[str, Path]:
    """Map each file below a folder by its relative path with forward slashes.

    Raises:
        ArtifactError: the folder does not exist.
    """
    if not folder.is_dir():
        raise ArtifactError(f"the folder {folder} does not exist; run `dvc repro` or `dvc pull`")
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in paths}


def directory_hash(files: Mapping[str, Path]) -> str:
    """Return DVC's hash of a directory that holds these files, with its `.dir` ending.

    The MD5 of the JSON list of {md5, relpath}, rows sorted by relpath as a string: what DVC 3
    writes into dvc.lock and into its cache (dvc-data, `hashfile/tree.py`).
    """
    rows = [
        {"md5": hash_file(files[relpath], "md5"), "relpath": relpath} for relpath in sorted(files)
    ]
    listing = json.dumps(rows, sort_keys=True).encode("utf-8")
    return hashlib.md5(listing, usedforsecurity=False).hexdigest() + ".dir"
