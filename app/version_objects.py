"""Version objects: all that DVC must hold so that a Version can be served and built upon."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.workspace import Workspace
from pipeline.errors import VersionError

if TYPE_CHECKING:
    from app.dvc_remote import DvcRemote

_FOLDER = ".dir"
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class VersionObjects:
    """What belongs to a Version, by DVC's digests.

    `files` maps each of its files to an MD5, `outputs` each stage of its manifest to the folder
    that it wrote; of the stages in `absent` that folder's listing is not known. `digests` are all
    objects: listings (`….dir`) and files, also of its Scorecard and answers where dvc.lock names
    them.
    """

    version: str
    files: Mapping[str, str]
    outputs: Mapping[str, str]
    digests: frozenset[str]
    absent: tuple[str, ...] = ()


def version_objects(
    place: Workspace, version_id: str, remote: "DvcRemote | None" = None
) -> VersionObjects:
    """Return what belongs to a Version, from listings in DVC's cache or else the remote.

    No content is verified: whoever copies or serves an object does that.

    Raises:
        VersionError: the Version's listing or manifest is in neither, or cannot be read.
        RemoteError: the remote cannot be used.
    """
    files = _listing(place, version_id, remote)
    if files is None:
        raise VersionError(
            f"{version_id} is not in DVC's cache{' nor in its remote' if remote else ''}; bring "
            "it with `dvc pull`, or build it again"
        )
    outputs = _outputs(place, version_id, files, remote)
    digests, unknown = {version_id, *files.values()}, set()
    for folder in (*outputs.values(), *_measured(place, version_id)):
        rows = _listing(place, folder, remote)
        if rows is None:
            unknown.add(folder)
        else:
            digests |= {folder, *rows.values()}
    absent = tuple(stage for stage, folder in outputs.items() if folder in unknown)
    return VersionObjects(version_id, files, outputs, frozenset(digests), absent)


def _outputs(
    place: Workspace, version_id: str, files: Mapping[str, str], remote: "DvcRemote | None"
) -> dict[str, str]:
    content = _object(place, files.get(_MANIFEST, ""), remote)
    try:
        outputs = json.loads(content or b"")["outputs"]
        return {str(stage): str(folder) for stage, folder in outputs.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise VersionError(
            f"the manifest of {version_id} is missing or broken; bring it back with `dvc pull`, "
            "or build the Version again"
        ) from None


def _measured(place: Workspace, version_id: str) -> list[str]:
    """Return the folders of its Scorecard and answers, if dvc.lock is of that Version."""
    if place.version != version_id:
        return []
    return [each for each in (place.scorecard, place.answers) if each is not None]


def _listing(place: Workspace, folder: str, remote: "DvcRemote | None") -> dict[str, str] | None:
    """Map the files of a folder to their MD5; None where its listing is not known."""
    content = _object(place, folder, remote) if folder.endswith(_FOLDER) else None
    if content is None:
        return None
    try:
        return {str(row["relpath"]): str(row["md5"]) for row in json.loads(content)}
    except (ValueError, TypeError, KeyError):
        raise VersionError(
            f"the listing {folder} is broken in DVC's cache; remove that file and bring it back "
            "with `dvc pull`"
        ) from None


def _object(place: Workspace, digest: str, remote: "DvcRemote | None") -> bytes | None:
    path = cached_object(place, digest)
    if path.is_file():
        return path.read_bytes()
    return remote.object(digest) if remote and digest else None


def cached_object(place: Workspace, digest: str) -> Path:
    """Return where DVC's cache holds an object, whether or not it does."""
    return place.cache / "files" / "md5" / digest[:2] / digest[2:]
