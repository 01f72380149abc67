"""DvcRemote: the remote of DVC's configuration, its objects by digest and our files beside them."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.storage.remote_client import (
    file_sizes,
    object_sizes,
    remote_fault,
    says_absent,
    secrets_of,
    transfer_progress,
)
from app.workspace.workspace import Workspace
from pipeline.errors import (
    PrerequisiteError,
    RemoteError,
    VersionError,
    WinnowError,
    one_line,
    public_address,
)
from pipeline.files import hash_file
from pipeline.versions.store import FOLDER

if TYPE_CHECKING:
    from dvc.data_cloud import Remote
    from dvc.repo import Repo
    from dvc_data.hashfile.db import HashFileDB

_OWN = "winnow"
_SHOWN = 3


@contextmanager
def open_remote(workspace: Workspace, name: str | None = None) -> "Iterator[DvcRemote | None]":
    """Open a workspace's remote, the default one if none is named; None where none is configured.

    Raises:
        PrerequisiteError: there is none of that name, or several and none is the default.
        RemoteError: DVC cannot open it.
    """
    with open_repository(workspace) as repo:
        chosen = chosen_remote(repo, name)
        if chosen is None:
            yield None
            return
        with closing(_opened(repo, chosen)) as remote:
            yield remote


@contextmanager
def open_repository(workspace: Workspace) -> "Iterator[Repo]":
    """Open a workspace as DVC does, whose own log is silent meanwhile.

    Raises:
        PrerequisiteError: its configuration cannot be read.
    """
    from dvc.exceptions import DvcException
    from dvc.logger import set_loggers_level
    from dvc.repo import Repo

    with set_loggers_level(logging.CRITICAL):
        try:
            repo = Repo(str(workspace.root))
        except DvcException as error:
            raise PrerequisiteError(
                f"{workspace.root} cannot be opened by DVC ({one_line(error)}); "
                "correct its .dvc/config"
            ) from None
        with closing(repo):
            yield repo


def chosen_remote(repo: "Repo", name: str | None) -> str | None:
    """Return the remote of that name, else the default or the only one; None if there is none.

    Raises:
        PrerequisiteError: there is none of that name, or several and none is the default.
    """
    remotes = repo.config.get("remote", {})
    wanted = name or repo.config["core"].get("remote")
    if wanted is None and len(remotes) < 2:
        return next(iter(remotes), None)
    named = ", ".join(remotes) or "none is configured"
    if wanted is None:
        raise PrerequisiteError(
            f"none of the remotes is the default ({named}); run `dvc remote default NAME`"
        )
    if wanted not in remotes:
        raise PrerequisiteError(
            f"there is no remote {wanted!r} ({named}); add it with `dvc remote add {wanted} URL`"
        )
    return str(wanted)


class DvcRemote:
    """A remote as DVC opens it, with its credentials, whatever kind it is.

    DVC keeps a note of what it pushed and trusts that; here the remote itself is asked each time.
    Every method raises RemoteError, with the reason and the fix, where the remote cannot be used.
    """

    def __init__(
        self, remote: "Remote", odb: "HashFileDB", cache: "HashFileDB", url: str, secrets: list[str]
    ) -> None:
        """Take what DVC opened; the remote is asked for nothing yet."""
        self.name = str(remote.name)
        self.url = url
        self._fs = odb.fs
        self._own = odb.fs.join(remote.path, _OWN)
        self._odb = odb
        self._cache = cache
        self._secrets = secrets

    def upload(self, digests: Iterable[str]) -> int:
        """Copy objects from DVC's cache, listings last, and verify by listing that all are there.

        Returns how many were not there yet, or were cut short.

        Raises:
            VersionError: an object is neither there nor in the cache, or is damaged in the cache.
        """
        lacking = self.missing(digests)
        paths = {each: self._cached(each) for each in lacking}
        total = sum(path.stat().st_size for path in paths.values())
        with self._faults(), transfer_progress("uploading", total) as progress:
            for is_listing in (False, True):
                if some := [each for each in lacking if each.endswith(FOLDER) == is_listing]:
                    named = [str(paths[each]) for each in some]
                    self._odb.add(
                        named, self._cache.fs, some, callback=progress, check_exists=False
                    )
        if still := self.missing(lacking):
            raise RemoteError(
                f"{self.url} lacks {_listed(still)} after the upload; run the command again, and "
                "look at the remote's quota and rules of expiry"
            )
        return len(lacking)

    def download(self, digests: Iterable[str]) -> None:
        """Copy objects to DVC's cache; what that holds stays, what the remote lacks is left out."""
        wanted = [each for each in sorted(set(digests)) if not self._cached_path(each).is_file()]
        with self._faults():
            sizes = object_sizes(self._odb, wanted)
            some = [each for each in wanted if each in sizes]
            total = sum(sizes[each] for each in some)
            with transfer_progress("downloading", total) as progress:
                paths = [self._odb.oid_to_path(each) for each in some]
                if paths:
                    self._cache.add(paths, self._odb.fs, some, callback=progress)

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Return which objects are not there, or not of the cache's size, by listing."""
        wanted = sorted(set(digests))
        with self._faults():
            there = object_sizes(self._odb, wanted)
        return [
            each
            for each in wanted
            if each not in there
            or (path := self._cached_path(each)).is_file()
            and path.stat().st_size != there[each]
        ]

    def sizes(self) -> dict[str, int]:
        """Map every object there to its size in bytes, for collecting garbage."""
        with self._faults():
            self._traversable()
            return object_sizes(self._odb)

    def remove(self, digests: Iterable[str]) -> None:
        """Remove objects, listings first: no listing names what is gone, whenever this ends."""
        wanted = sorted(set(digests), key=lambda each: (not each.endswith(FOLDER), each))
        with self._faults():
            from dvc_data.hashfile.db import get_index

            # DVC would take its own note of what is there for the truth.
            get_index(self._odb).clear()
            for digest in wanted:
                self._fs.remove(self._odb.oid_to_path(digest))

    def object(self, digest: str) -> bytes | None:
        """Return the bytes of an object, such as a listing, or None where there is none."""
        with self._faults():
            return self._read(self._odb.oid_to_path(digest))

    def write(self, name: str, content: bytes) -> None:
        """Write a file to `REMOTE/winnow/NAME`, over one of that name."""
        from io import BytesIO

        with self._faults():
            path = self._fs.join(self._own, *name.split("/"))
            self._fs.put_file(BytesIO(content), path, size=len(content))

    def read(self, name: str) -> bytes | None:
        """Return the file `REMOTE/winnow/NAME`, or None where there is none."""
        with self._faults():
            return self._read(self._fs.join(self._own, *name.split("/")))

    def names(self, folder: str) -> list[str]:
        """Return the files in `REMOTE/winnow/FOLDER`, as `FOLDER/name`, which `read` takes."""
        with self._faults():
            self._traversable()
            self._fs.fs.invalidate_cache()
            listed = file_sizes(self._fs, self._fs.join(self._own, *folder.split("/")))
            return sorted(f"{folder}/{name}" for name in listed)

    def close(self) -> None:
        """Close the connections of HTTP, whose client complains of what is left open."""
        client = vars(self._fs).get("fs")
        session = getattr(client, "_session", None)
        if client is not None and session is not None:
            client.close_session(client.loop, session)

    def _read(self, path: str) -> bytes | None:
        try:
            with self._fs.open(path, "rb") as file:
                return bytes(file.read())
        except FileNotFoundError as error:
            if says_absent(error):
                return None
            raise error.__cause__ or error from None

    def _cached(self, digest: str) -> Path:
        path = self._cached_path(digest)
        if not path.is_file():
            raise VersionError(
                f"{digest} is neither in DVC's cache nor in {self.url}; bring it with `dvc pull`, "
                "or build its Version again"
            )
        if hash_file(path, "md5") != digest.removesuffix(FOLDER):
            raise VersionError(
                f"{digest} is damaged in DVC's cache ({path}): remove that file, then bring it "
                "with `dvc pull` or build its Version again"
            )
        return path

    def _cached_path(self, digest: str) -> Path:
        return Path(self._cache.oid_to_path(digest))

    def _traversable(self) -> None:
        if not self._fs.CAN_TRAVERSE:
            raise RemoteError(
                f"{self.url} cannot be listed, as it speaks HTTP alone; name its storage itself "
                "with --remote, such as s3://"
            )

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except WinnowError:
            raise
        except Exception as error:
            # Each kind of remote raises what its own client raises, which may spell out a secret.
            raise remote_fault(self.url, self.name, error, self._secrets) from None


def _opened(repo: "Repo", name: str) -> DvcRemote:
    from dvc.fs import get_fs_config

    secrets = secrets_of(repo.config["remote"][name])
    url = public_address(str(repo.config["remote"][name].get("url", name)))
    try:
        url = public_address(str(get_fs_config(repo.config, name=name)["url"]))
        remote, odb = repo.cloud.get_remote(name), repo.cloud.get_remote_odb(name, "push")
        return DvcRemote(remote, odb, repo.cache.local, url, secrets)
    except Exception as error:
        raise remote_fault(url, name, error, secrets) from None


def _listed(digests: list[str]) -> str:
    more = f" and {len(digests) - _SHOWN} more objects" if len(digests) > _SHOWN else ""
    return ", ".join(digests[:_SHOWN]) + more
