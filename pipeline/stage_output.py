"""Stage outputs: what the stages wrote that built a Version, by the hashes in its manifest."""

from pipeline.document import Document
from pipeline.documents import read_documents
from pipeline.errors import VersionError
from pipeline.manifest import Manifest
from pipeline.version_store import VersionStore

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
