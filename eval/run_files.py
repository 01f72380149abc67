"""RunFiles: the files of MLflow's runs, in a local folder or wherever a server keeps them."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path, PurePosixPath

from eval.ledger_fault import ledger_fault
from eval.ledger_store import copy_files
from eval.mlflow_store import MlflowStore
from pipeline.artifact import replacing_file
from pipeline.errors import LedgerError, WinnowError


class RunFiles:
    """Reads and writes files of a run by relative name; each is there whole or not at all.

    Every method raises LedgerError when the store cannot be reached, or a file is not kept as it
    was sent.
    """

    def __init__(self, store: MlflowStore) -> None:
        """Take the store of the runs."""
        self._store = store

    def copy(self, run: str, files: Mapping[str, Path]) -> None:
        """Copy files from their paths to their relative names, over any of the same name."""
        with self._faults(), self._scratch(run) as scratch:
            kept = self._store.place.folder(run)
            copy_files(files, kept or Path(scratch))
            if not kept:
                self._send(run, scratch)

    def write(self, run: str, contents: Mapping[str, bytes]) -> None:
        """Write contents and, on a server, read back what stands there."""
        with self._faults(), self._scratch(run) as scratch:
            kept = self._store.place.folder(run)
            for name, content in contents.items():
                with replacing_file((kept or Path(scratch)) / name) as path:
                    path.write_bytes(content)
            if kept or not contents:
                return
            self._send(run, scratch)
            for name, content in contents.items():
                if self.read(run, name) != content:
                    raise LedgerError(
                        f"MLflow did not keep {name} of the run {run} as it was sent; check the "
                        "disk of its server, then try again"
                    )

    def fetch(self, run: str, name: str, folder: Path) -> Path | None:
        """Return a file's path, that of a copy below `folder` if a server keeps it, or None."""
        if not _inside(name):
            return None
        with self._faults():
            if kept := self._store.place.folder(run):
                return kept / name if (kept / name).is_file() else None
            try:
                with self._store.opened() as client:
                    path = Path(client.download_artifacts(run, name, dst_path=str(folder)))
                return path if path.is_file() else None
            except Exception:
                # A server says in many ways that a file is absent; its listing says so in one.
                if name in self.names(run, str(PurePosixPath(name).parent)):
                    raise
                return None

    def read(self, run: str, name: str) -> bytes | None:
        """Return a file's content, or None where there is none of that name."""
        with self._faults(), self._scratch(run) as scratch:
            path = self.fetch(run, name, Path(scratch))
            return path.read_bytes() if path else None

    def bring(self, run: str, folder: str) -> dict[str, bytes]:
        """Return the files in a folder of a run that a server keeps, many at a time.

        One by one they take several requests each. Files that lie here are not read: {}.
        """
        if self._store.place.folder(run) or not self.names(run, folder):
            return {}
        with self._faults(), self._scratch(run) as scratch, self._store.opened() as client:
            root = Path(client.download_artifacts(run, folder, dst_path=scratch))
            paths = [each for each in root.rglob("*") if each.is_file()]
            return {
                f"{folder}/{each.relative_to(root).as_posix()}": each.read_bytes() for each in paths
            }

    def names(self, run: str, folder: str = "") -> list[str]:
        """Return the names of all files of a run, or of those in one of its folders."""
        with self._faults():
            if root := self._store.place.folder(run):
                paths = (root / folder).rglob("[!.]*")
                return sorted(each.relative_to(root).as_posix() for each in paths if each.is_file())
            found: list[str] = []
            with self._store.opened() as client:
                for each in client.list_artifacts(run, folder if folder.strip(".") else None):
                    found.extend(self.names(run, each.path) if each.is_dir else [each.path])
            return sorted(found)

    def _scratch(self, run: str) -> AbstractContextManager[str]:
        """Return a temporary folder for what travels to or from a server; local files need none."""
        return nullcontext("") if self._store.place.folder(run) else tempfile.TemporaryDirectory()

    def _send(self, run: str, folder: str) -> None:
        with self._store.opened() as client:
            client.log_artifacts(run, folder)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except WinnowError:
            raise
        except Exception as error:
            # Whatever storage a server names, its client raises errors of its own.
            raise ledger_fault(self._store.place.uri, error) from None


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts
