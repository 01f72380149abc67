"""Version choice: the Answerer of the Version that was named, or else was built last."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from app.catalogue import open_endpoints, open_library
from app.workspace import Workspace
from pipeline.errors import PrerequisiteError
from pipeline.version_store import VersionStore

if TYPE_CHECKING:
    from pipeline.answerer import Answerer


@contextmanager
def opened_answerer(place: Workspace, version: str | None) -> Iterator["Answerer"]:
    """Open a Version by the start of its id, or the last built; its endpoints close at the end.

    Raises:
        VersionError: there is no such Version, or it is broken.
        PrerequisiteError: none is built, or a variable that its language model needs is not set.
    """
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
