"""Version store: folders by their id, straight from DVC's cache, with no checkout.

DVC 3 keeps an object `abcdef…` as `files/md5/ab/cdef…`, in its cache as at a remote. A folder's
object is a listing: JSON rows of {md5, relpath}.
"""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.documents.document import Document
from pipeline.documents.document_table import DOCUMENT_ROWS
from pipeline.errors import VersionError
from pipeline.files import hash_file
from pipeline.versions.manifest import REPAIR, Manifest

if TYPE_CHECKING:
    from pipeline.versions.version import Version

FOLDER = ".dir"
"""What the id of a folder ends with; a file's has no ending."""

_ID = re.compile(r"[0-9a-f]{32}\.dir")
_DOCUMENTS = "documents.parquet"


def object_path(cache: Path, digest: str) -> Path:
    """Return where DVC's cache holds an object, whether or not it does."""
    return cache / "files" / "md5" / digest[:2] / digest[2:]


def listed_files(listing: bytes) -> dict[str, str] | None:
    """Map a folder's relative paths to the digests of its files; None if it is no listing."""
    try:
        return {str(row["relpath"]): str(row["md5"]) for row in json.loads(listing)}
    except (ValueError, TypeError, KeyError):
        return None


class VersionStore:
    """The folders of one DVC cache, each file verified when its folder is opened."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache

    def holds(self, folder_id: str) -> bool:
        """Whether the listing of a folder is there."""
        return bool(_ID.fullmatch(folder_id)) and object_path(self._cache, folder_id).is_file()

    def files(self, folder_id: str) -> dict[str, Path]:
        """Map a folder's relative paths to verified files in the cache.

        Raises:
            VersionError: the folder or a file of it is missing or damaged.
        """
        if not _ID.fullmatch(folder_id):
            raise VersionError(f"{folder_id!r} is no id: one has 32 hexadecimal digits and .dir")
        listing = self._verified(folder_id, folder_id)
        digests = listed_files(listing.read_bytes()) or {}
        return {
            relpath: self._verified(digest, f"{folder_id}: {relpath}")
            for relpath, digest in digests.items()
        }

    def open(self, version_id: str) -> "Version":
        """Open a Version by its id.

        Raises:
            VersionError: it is missing, damaged or no Version.
        """
        from pipeline.versions.version import open_version

        return open_version(self.files(version_id), version_id)

    def documents(self, manifest: Manifest) -> list[Document]:
        """Return the Documents that a Version was built from, which it does not hold, in order.

        Raises:
            VersionError: the cache does not hold them, or they are damaged.
            ArtifactError: they are of another form than this Winnow reads.
        """
        folder = manifest.outputs.get("ingest", "")
        if not self.holds(folder):
            raise VersionError(
                f"the Documents {folder or 'of an early Version'} are not in DVC's cache: bring "
                "them with `dvc pull --all-commits`, or build the Version again with `dvc repro`"
            )
        files = self.files(folder)
        if _DOCUMENTS not in files:
            raise VersionError(f"{folder} holds no {_DOCUMENTS}; build it again with `dvc repro`")
        return DOCUMENT_ROWS.read(files[_DOCUMENTS])

    def _verified(self, digest: str, name: str) -> Path:
        path = object_path(self._cache, digest)
        if not path.is_file():
            raise VersionError(f"{name} is not in the cache; {REPAIR}")
        if hash_file(path, "md5") != digest.removesuffix(FOLDER):
            raise VersionError(
                f"{name} is damaged in the cache ({path}): remove that file and {REPAIR}"
            )
        return path
