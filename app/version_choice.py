"""Version choice: the Answerer of the Version that was named, or else was built last."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.catalogue import open_endpoints, open_library
from app.workspace import find_workspace
from pipeline.endpoints import Endpoints
from pipeline.errors import ParamsError, PrerequisiteError, VersionError
from pipeline.version_store import VersionStore

if TYPE_CHECKING:
    from pipeline.answerer import Answerer


@contextmanager
def opened_answerer(
    workspace: Path | None, version: str | None, folder: Path | None = None
) -> Iterator["Answerer"]:
    """Open a Version of a workspace, or the one in a folder; its endpoints close at the end.

    Args:
        workspace: As the option gives it; None for the one that this folder lies in.
        version: The start of an id, `champion`, or None for the last built.
        folder: Where a Version lies by itself; a workspace is not needed then.

    Raises:
        VersionError: there is no such Version, or it is broken.
        PrerequisiteError: there is no workspace, none is built in it, or a variable that the
            Version's language model needs is not set.
        ParamsError: a folder and the id of another Version are given.
    """
    if folder is not None:
        if version is not None:
            raise ParamsError("--folder names the Version already; leave --version out")
        with _in_folder(folder, workspace) as answerer:
            yield answerer
        return
    place = find_workspace(workspace)
    if version is not None:
        with open_library(place) as library:
            yield library.answerer(library.resolve(version))
        return
    from pipeline.answerer import open_answerer

    if place.version is None:
        raise PrerequisiteError(f"no Version is built in {place.root} yet; run `winnow run`")
    # This needs no ledger: dvc.lock names the Version.
    with closing(open_endpoints(place)) as endpoints:
        yield open_answerer(VersionStore(place.cache).open(place.version), endpoints)


@contextmanager
def _in_folder(folder: Path, workspace: Path | None) -> Iterator["Answerer"]:
    """Open the Version in a folder; a workspace, where there is one, limits what it may spend."""
    from pipeline.answerer import open_answerer
    from pipeline.version import open_version_folder

    if not folder.is_dir():
        raise VersionError(
            f"there is no folder {folder}; fetch a Version into it with "
            f"`winnow fetch ID --remote URL --to {folder}`"
        )
    with closing(_endpoints(workspace)) as endpoints:
        yield open_answerer(open_version_folder(folder), endpoints)


def _endpoints(workspace: Path | None) -> Endpoints:
    try:
        return open_endpoints(find_workspace(workspace))
    except PrerequisiteError:
        if workspace is not None:
            raise
        # What is learned of a model's endpoint has to be kept somewhere.
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Endpoints(os.environ, Path(cache) / "winnow")
