"""Version store: folders by their id, straight from DVC's cache, with no checkout."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.documents.document import Document
from pipeline.documents.document_table import read_documents
from pipeline.errors import VersionError
from pipeline.files import hash_file
from pipeline.versions.manifest import Manifest

if TYPE_CHECKING:
    from pipeline.versions.version import Version

_SUFFIX = ".dir"
_ID = re.compile(r"[0-9a-f]{32}\.dir")
_REPAIR = "bring it back with `dvc pull`, or `dvc repro` where it was built"


class VersionStore:
    """Reads DVC 3's cache: `files/md5/ab/cdef….dir` lists {md5, relpath}, objects lie beside it."""

    def __init__(self, cache: Path) -> None:
        """Take DVC's cache folder, as `dvc cache dir` prints it."""
        self._objects = cache / "files" / "md5"

    def holds(self, folder_id: str) -> bool:
        """Whether the listing of a folder is there."""
        return bool(_ID.fullmatch(folder_id)) and self._object(folder_id).is_file()

    def files(self, folder_id: str) -> dict[str, Path]:
        """Map a folder's relative paths to verified files in the cache.

        Raises:
            VersionError: the folder or a file of it is missing or damaged.
        """
        if not _ID.fullmatch(folder_id):
            raise VersionError(f"{folder_id!r} is no id: one has 32 hexadecimal digits and .dir")
        listing = self._object(folder_id)
        self._verify(listing, folder_id.removesuffix(_SUFFIX), folder_id)
        rows = json.loads(listing.read_text(encoding="utf-8"))
        files = {row["relpath"]: self._object(row["md5"]) for row in rows}
        for row in rows:
            self._verify(files[row["relpath"]], row["md5"], f"{folder_id}: {row['relpath']}")
        return files

    def open(self, version_id: str) -> "Version":
        """Open a Version by its id.

        Raises:
            VersionError: it is missing, damaged or no Version.
        """
        from pipeline.versions.version import open_version

        return open_version(self.files(version_id), version_id)

    def _object(self, digest: str) -> Path:
        return self._objects / digest[:2] / digest[2:]

    @staticmethod
    def _verify(path: Path, md5: str, name: str) -> None:
        if not path.is_file():
            raise VersionError(f"{name} is not in the cache; {_REPAIR}")
        if hash_file(path, "md5") != md5:
            raise VersionError(
                f"{name} is damaged in the cache ({path}): remove that file and {_REPAIR}"
            )


_DOCUMENTS = "documents.parquet"


class StageOutputs:
    """Reads what a Version was built from, which it does not hold itself, from DVC's cache."""

    def __init__(self, store: VersionStore) -> None:
        """Take the store whose cache the stages wrote to."""
        self._store = store

    def documents(self, manifest: Manifest) -> list[Document]:
        """Return the Documents that `ingest` wrote for a Version, in order.

        Raises:
            VersionError: the cache does not hold them, or they are damaged.
            ArtifactError: they are of another form than this Winnow reads.
        """
        folder = manifest.outputs.get("ingest", "")
        if not self._store.holds(folder):
            raise VersionError(
                f"the Documents {folder or 'of an early Version'} are not in DVC's cache: bring "
                "them with `dvc pull --all-commits`, or build the Version again with `dvc repro`"
            )
        files = self._store.files(folder)
        if _DOCUMENTS not in files:
            raise VersionError(f"{folder} holds no {_DOCUMENTS}; build it again with `dvc repro`")
        return read_documents(files[_DOCUMENTS])
