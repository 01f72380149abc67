"""Cache repair: what is damaged in DVC's cache goes, so that a run writes it again."""

import json
from collections.abc import Iterable
from pathlib import Path

from app.workspace import Workspace
from pipeline.digest import hash_file

_SUFFIX = ".dir"


def remove_damaged(workspace: Workspace) -> list[Path]:
    """Remove damaged cache files of the Version and Scorecard that dvc.lock names.

    DVC trusts read-only files of its cache unseen; without this, a run would find nothing to do.
    """
    removed = find_damaged(workspace, (workspace.version, workspace.scorecard))
    for path in removed:
        path.unlink()
    return removed


def find_damaged(workspace: Workspace, folders: Iterable[str | None]) -> list[Path]:
    """Return what lies in DVC's cache of these folders and has not the hash that its name says."""
    objects = workspace.cache / "files" / "md5"
    damaged: dict[Path, None] = {}
    for folder in folders:
        if folder is None or not folder.endswith(_SUFFIX):
            continue
        listing = _object(objects, folder)
        if listing.is_file():
            broken = _is_damaged(listing, folder)
            damaged |= dict.fromkeys([listing] if broken else _damaged_files(objects, listing))
    return list(damaged)


def _damaged_files(objects: Path, listing: Path) -> list[Path]:
    digests = {row["md5"] for row in json.loads(listing.read_text(encoding="utf-8"))}
    paths = {digest: _object(objects, digest) for digest in sorted(digests)}
    return [path for digest, path in paths.items() if path.is_file() and _is_damaged(path, digest)]


def _is_damaged(path: Path, digest: str) -> bool:
    return hash_file(path, "md5") != digest.removesuffix(_SUFFIX)


def _object(objects: Path, digest: str) -> Path:
    return objects / digest[:2] / digest[2:]
