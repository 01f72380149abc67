"""Version objects: all that DVC must hold so that a Version can be served and built upon.

They are fetched where the cache lacks them, and tagged in git so that `dvc gc` spares them.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from app.storage.remote import open_remote
from app.workspace.workspace import Workspace
from pipeline.errors import PrerequisiteError, RemoteError, VersionError, one_line
from pipeline.process import git_output, run_git
from pipeline.versions.store import FOLDER, VersionStore, listed_files, object_path

if TYPE_CHECKING:
    from app.storage.remote import DvcRemote

_MANIFEST = "manifest.json"
_TAG = "winnow/"
_TAGS = f"refs/tags/{_TAG}"
_DIGITS = 12
_TAGGED_FILE = "version.dvc"
# One Version gives one commit, whoever makes it and when.
_MAKER = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (
        ("NAME", "winnow"),
        ("EMAIL", "winnow@localhost"),
        ("DATE", "2000-01-01T00:00:00+0000"),
    )
}


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
    workspace: Workspace, version_id: str, remote: "DvcRemote | None" = None
) -> VersionObjects:
    """Return what belongs to a Version, from listings in DVC's cache or else the remote.

    No content is verified: whoever copies or serves an object does that.

    Raises:
        VersionError: the Version's listing or manifest is in neither, or cannot be read.
        RemoteError: the remote cannot be used.
    """
    files = _listing(workspace, version_id, remote)
    if files is None:
        raise VersionError(
            f"{version_id} is not in DVC's cache{' nor in its remote' if remote else ''}; bring "
            "it with `dvc pull`, or build it again"
        )
    outputs = _outputs(workspace, version_id, files, remote)
    digests, unknown = {version_id, *files.values()}, set()
    built = workspace.version == version_id
    measured = (workspace.scorecard, workspace.answers) if built else ()
    for folder in (*outputs.values(), *filter(None, measured)):
        rows = _listing(workspace, folder, remote)
        if rows is None:
            unknown.add(folder)
        else:
            digests |= {folder, *rows.values()}
    absent = tuple(stage for stage, folder in outputs.items() if folder in unknown)
    return VersionObjects(version_id, files, outputs, frozenset(digests), absent)


def folder_files(workspace: Workspace, folder_id: str) -> Mapping[str, Path]:
    """Map a folder's relative paths to verified files in DVC's cache, fetched if need be.

    Raises:
        VersionError: neither the cache nor the remote holds it whole.
    """
    store = VersionStore(workspace.cache)
    try:
        return store.files(folder_id)
    except VersionError as error:
        fault = str(error)
        if not folder_id.endswith(FOLDER):
            raise
    _fetch(workspace, folder_id, fault)
    if not store.holds(folder_id):
        raise VersionError(
            f"{folder_id} is neither in DVC's cache nor in its remote; run `dvc push` where it "
            "was built"
        )
    return store.files(folder_id)


def tag_name(version_id: str) -> str:
    """Return the tag of a Version: `winnow/` and the first twelve digits of its id."""
    return f"{_TAG}{version_id[:_DIGITS]}"


def keep_version(workspace: Workspace, objects: VersionObjects) -> str | None:
    """Tag a commit whose tree names the Version and its outputs; None where there is no git.

    `dvc gc --all-tags` and `--all-commits` keep what any of those commits names: the tree holds
    one .dvc file, where the workspace lies in the repository. Doing it again changes nothing.

    Raises:
        PrerequisiteError: git refuses.
    """
    root = workspace.root
    folder = git_output(root, "rev-parse", "--show-prefix")
    if folder is None:
        return None
    file = _written(root, "hash-object", "-w", "--stdin", given=_dvc_file(objects))
    tree = _written(root, "mktree", given=f"100644 blob {file}\t{_TAGGED_FILE}\n")
    for name in reversed(Path(folder).parts):
        tree = _written(root, "mktree", given=f"040000 tree {tree}\t{name}\n")
    text = f"Winnow keeps the Version {objects.version}"
    commit = _written(root, "commit-tree", "--no-gpg-sign", tree, "-m", text)
    tag = tag_name(objects.version)
    _written(root, "update-ref", f"refs/tags/{tag}", commit)
    return tag


def tagged_versions(workspace: Workspace) -> dict[str, str]:
    """Map each tag of a Version here to that Version's id; none where there is no git."""
    prefix = git_output(workspace.root, "rev-parse", "--show-prefix")
    tags = git_output(workspace.root, "for-each-ref", "--format=%(refname)", _TAGS)
    found = {}
    for ref in (tags or "").split():
        text = git_output(workspace.root, "show", f"{ref}:{prefix}{_TAGGED_FILE}")
        if text is not None:
            found[ref.removeprefix("refs/tags/")] = str(yaml.safe_load(text)["outs"][0]["md5"])
    return found


def _outputs(
    workspace: Workspace, version_id: str, files: Mapping[str, str], remote: "DvcRemote | None"
) -> dict[str, str]:
    content = _object(workspace, files.get(_MANIFEST, ""), remote)
    try:
        outputs = json.loads(content or b"")["outputs"]
        return {str(stage): str(folder) for stage, folder in outputs.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise VersionError(
            f"the manifest of {version_id} is missing or broken; bring it back with `dvc pull`, "
            "or build the Version again"
        ) from None


def _listing(
    workspace: Workspace, folder: str, remote: "DvcRemote | None"
) -> dict[str, str] | None:
    """Map the files of a folder to their MD5; None where its listing is not known."""
    content = _object(workspace, folder, remote) if folder.endswith(FOLDER) else None
    if content is None:
        return None
    files = listed_files(content)
    if files is None:
        raise VersionError(
            f"the listing {folder} is broken in DVC's cache; remove that file and bring it back "
            "with `dvc pull`"
        )
    return files


def _object(workspace: Workspace, digest: str, remote: "DvcRemote | None") -> bytes | None:
    path = object_path(workspace.cache, digest)
    if path.is_file():
        return path.read_bytes()
    return remote.object(digest) if remote and digest else None


def _fetch(workspace: Workspace, folder_id: str, fault: str) -> None:
    """Have DVC copy a folder from the remote into the cache; what is there stays."""
    listing = object_path(workspace.cache, folder_id)
    try:
        with open_remote(workspace) as remote:
            if remote is None:
                raise VersionError(
                    f"{fault}; or name the remote that holds it with `dvc remote add -d NAME URL`"
                )
            remote.download([folder_id])
            if listing.is_file():
                remote.download((listed_files(listing.read_bytes()) or {}).values())
    except RemoteError as error:
        raise VersionError(f"{folder_id} is not in DVC's cache, and {error}") from None


def _dvc_file(objects: VersionObjects) -> str:
    rows = [("version", objects.version)]
    rows += [(f"outputs/{stage}", folder) for stage, folder in sorted(objects.outputs.items())]
    outs = "".join(f"- md5: {folder}\n  hash: md5\n  path: {path}\n" for path, folder in rows)
    return f"outs:\n{outs}"


def _written(root: Path, *arguments: str, given: str = "") -> str:
    done = run_git(root, *arguments, environ={**os.environ, **_MAKER}, given=given)
    if done.returncode:
        raise PrerequisiteError(
            f"git cannot keep a tag of the Version (`git {arguments[0]}`: "
            f"{one_line(done.stderr, 200)}); repair the repository, for instance by `git fsck`"
        )
    return done.stdout.strip()
