"""Object diagnosis: dvc.lock, and the objects of promoted Versions in the cache, git and remote."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.cache_repair import find_damaged
from app.diagnosis import Diagnosis, Repair, fine, unknown, wrong
from app.lock_repair import ASIDE, is_broken, set_aside_broken_lock
from app.remote_folder import folder_files
from app.version_objects import cached_object, version_objects
from app.version_tag import keep_version, tag_name, tagged_versions
from app.workspace import Workspace
from pipeline.errors import VersionError
from pipeline.version_store import VersionStore

if TYPE_CHECKING:
    from app.dvc_remote import DvcRemote


def diagnose_lock(place: Workspace) -> Diagnosis:
    """Look whether dvc.lock can be read."""
    part = "dvc.lock"
    if is_broken(place):
        repair = Repair(
            f"renames it to {ASIDE}; `winnow run` then writes a new one, computing nothing again",
            partial(set_aside_broken_lock, place),
        )
        return wrong(part, "was cut short or damaged", repair)
    there = (place.root / part).exists()
    return fine(part, "can be read" if there else "is not there: nothing was built here")


def diagnose_cache(place: Workspace, champion: str | None) -> Iterator[Diagnosis]:
    """Look for damaged files of the built Version, its Scorecard and the champion in the cache."""
    part = "DVC's cache"
    built = () if is_broken(place) else (place.version, place.scorecard)
    damaged = find_damaged(place, (*built, champion))
    for path in damaged:
        removal = Repair(
            "removes it, so that it can be fetched or built again",
            partial(path.unlink, missing_ok=True),
        )
        yield wrong(part, f"{path} is damaged", removal)
    if not damaged:
        yield fine(part, "holds no damaged file of what was built here or is champion")


def diagnose_champion_here(
    place: Workspace, champion: str | None, remote: "DvcRemote | None"
) -> Diagnosis:
    """Look whether the cache holds the whole champion, so that it can be served."""
    part = "champion's files here"
    if champion is None:
        return fine(part, "there is no champion yet")
    try:
        files = VersionStore(place.cache).files(champion)
    except VersionError as error:
        if remote is None:
            return wrong(part, f"{error}; or name the remote that holds it")
        return wrong(
            part,
            f"{champion} is not whole in DVC's cache",
            Repair("fetches it from the remote", partial(_fetch, place, champion)),
        )
    return fine(part, f"{len(files)} files of {champion}, each with its hash")


def diagnose_tags(
    place: Workspace, versions: Sequence[str], remote: "DvcRemote | None"
) -> Iterator[Diagnosis]:
    """Look whether a git tag spares each promoted Version that the cache holds from `dvc gc`."""
    part = "git tags"
    if not any((folder / ".git").exists() for folder in (place.root, *place.root.parents)):
        yield unknown(part, f"{place.root} is in no git repository")
        return
    held = [each for each in versions if cached_object(place, each).is_file()]
    tagged = set(tagged_versions(place).values())
    for version in held:
        if version not in tagged:
            repair = Repair("tags it", partial(_tag, place, version, remote))
            yield wrong(part, f"{tag_name(version)} is missing, so `dvc gc` may take it", repair)
    if tagged.issuperset(held):
        yield fine(part, f"one for each of {len(held)} promoted Versions in DVC's cache")


def diagnose_uploads(
    place: Workspace, versions: Sequence[str], remote: "DvcRemote"
) -> Iterator[Diagnosis]:
    """Look whether the remote holds all that the champion, and those to roll back to, need."""
    part = "objects at the remote"
    count = 0
    faults = 0
    for version in versions:
        try:
            digests = version_objects(place, version, remote).digests
        except VersionError as error:
            faults += 1
            yield wrong(part, str(error))
            continue
        count += len(digests)
        if missing := remote.missing(digests):
            faults += 1
            repair = Repair("uploads them", partial(remote.upload, missing))
            said = f"{len(missing)} objects of {version} are missing or cut short at {remote.url}"
            yield _uploadable(place, part, said, missing, repair)
    if not faults:
        yield fine(part, f"{count} of {len(versions)} Versions at {remote.url}")


def _uploadable(
    place: Workspace, part: str, said: str, missing: Sequence[str], repair: Repair
) -> Diagnosis:
    lacking = [each for each in missing if not cached_object(place, each).is_file()]
    if not lacking:
        return wrong(part, said, repair)
    return wrong(
        part,
        f"{said}, and DVC's cache here lacks {len(lacking)} of them; run `winnow doctor --repair` "
        "where they are, or build the Version again",
    )


def _fetch(place: Workspace, version: str) -> None:
    folder_files(place, version)


def _tag(place: Workspace, version: str, remote: "DvcRemote | None") -> Path | str | None:
    return keep_version(place, version_objects(place, version, remote))
