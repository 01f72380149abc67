"""Remote folder: what DVC's cache lacks, brought from the workspace's remote by its id."""

import json
from collections.abc import Mapping
from pathlib import Path

from app.dvc_remote import open_remote
from app.version_objects import cached_object
from app.workspace import Workspace
from pipeline.errors import RemoteError, VersionError
from pipeline.version_store import VersionStore

_FOLDER = ".dir"


def folder_files(place: Workspace, folder_id: str) -> Mapping[str, Path]:
    """Map a folder's relative paths to verified files in DVC's cache, fetched if need be.

    Raises:
        VersionError: neither the cache nor the remote holds it whole.
    """
    store = VersionStore(place.cache)
    try:
        return store.files(folder_id)
    except VersionError as error:
        fault = str(error)
        if not folder_id.endswith(_FOLDER):
            raise
    _fetch(place, folder_id, fault)
    if not store.holds(folder_id):
        raise VersionError(
            f"{folder_id} is neither in DVC's cache nor in its remote; run `dvc push` where it "
            "was built"
        )
    return store.files(folder_id)


def _fetch(place: Workspace, folder_id: str, fault: str) -> None:
    """Have DVC copy a folder from the remote into the cache; what is there stays."""
    listing = cached_object(place, folder_id)
    try:
        with open_remote(place) as remote:
            if remote is None:
                raise VersionError(
                    f"{fault}; or name the remote that holds it with `dvc remote add -d NAME URL`"
                )
            remote.download([folder_id])
            if listing.is_file():
                rows = json.loads(listing.read_text(encoding="utf-8"))
                remote.download([row["md5"] for row in rows])
    except RemoteError as error:
        raise VersionError(f"{folder_id} is not in DVC's cache, and {error}") from None
