"""Remote folder: what DVC's cache lacks, brought from the workspace's remote by its id."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from app.workspace import Workspace
from pipeline.errors import VersionError
from pipeline.version_store import VersionStore

if TYPE_CHECKING:
    from dvc.repo import Repo

_FOLDER = ".dir"


def folder_files(place: Workspace, folder_id: str) -> Mapping[str, Path]:
    """Map a folder's relative paths to verified files in DVC's cache, fetched if need be.

    Raises:
        VersionError: neither the cache nor the default remote holds it whole.
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
    """Have DVC copy a folder from the default remote into the cache; what is there stays."""
    from dvc.config import NoRemoteError
    from dvc.logger import set_loggers_level
    from dvc.repo import Repo

    listing = place.cache / "files" / "md5" / folder_id[:2] / folder_id[2:]
    with set_loggers_level(logging.CRITICAL):
        try:
            repo = Repo(str(place.root))
            try:
                _pull(repo, [folder_id])
                # Of a folder, DVC brings the listing alone.
                if listing.is_file():
                    rows = json.loads(listing.read_text(encoding="utf-8"))
                    _pull(repo, [row["md5"] for row in rows])
            finally:
                repo.close()
        except NoRemoteError:
            raise VersionError(
                f"{fault}; or name the remote that holds it with `dvc remote add -d NAME URL`"
            ) from None
        except Exception as error:
            # Each kind of remote raises what its own client raises.
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise VersionError(
                f"{folder_id} is not in DVC's cache, and its remote cannot be read ({reason}); "
                "check `dvc remote list` and the remote's credentials"
            ) from None


def _pull(repo: "Repo", digests: list[str]) -> None:
    from dvc_data.hashfile.hash_info import HashInfo

    repo.cloud.pull([HashInfo("md5", each) for each in digests])
