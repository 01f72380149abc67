"""Version objects: all that DVC must hold so that a Version can be served and built upon."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.storage.remote import open_remote
from app.workspace.workspace import Workspace
from pipeline.errors import PrerequisiteError, RemoteError, VersionError
from pipeline.versions.store import VersionStore

if TYPE_CHECKING:
    from app.storage.remote import DvcRemote

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
    for folder in (*outputs.values(), *_measured(workspace, version_id)):
        rows = _listing(workspace, folder, remote)
        if rows is None:
            unknown.add(folder)
        else:
            digests |= {folder, *rows.values()}
    absent = tuple(stage for stage, folder in outputs.items() if folder in unknown)
    return VersionObjects(version_id, files, outputs, frozenset(digests), absent)


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


def _measured(workspace: Workspace, version_id: str) -> list[str]:
    """Return the folders of its Scorecard and answers, if dvc.lock is of that Version."""
    if workspace.version != version_id:
        return []
    return [each for each in (workspace.scorecard, workspace.answers) if each is not None]


def _listing(
    workspace: Workspace, folder: str, remote: "DvcRemote | None"
) -> dict[str, str] | None:
    """Map the files of a folder to their MD5; None where its listing is not known."""
    content = _object(workspace, folder, remote) if folder.endswith(_FOLDER) else None
    if content is None:
        return None
    try:
        return {str(row["relpath"]): str(row["md5"]) for row in json.loads(content)}
    except (ValueError, TypeError, KeyError):
        raise VersionError(
            f"the listing {folder} is broken in DVC's cache; remove that file and bring it back "
            "with `dvc pull`"
        ) from None


def _object(workspace: Workspace, digest: str, remote: "DvcRemote | None") -> bytes | None:
    path = cached_object(workspace, digest)
    if path.is_file():
        return path.read_bytes()
    return remote.object(digest) if remote and digest else None


def cached_object(workspace: Workspace, digest: str) -> Path:
    """Return where DVC's cache holds an object, whether or not it does."""
    return workspace.cache / "files" / "md5" / digest[:2] / digest[2:]


_FOLDER_ID = ".dir"


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
        if not folder_id.endswith(_FOLDER_ID):
            raise
    _fetch(workspace, folder_id, fault)
    if not store.holds(folder_id):
        raise VersionError(
            f"{folder_id} is neither in DVC's cache nor in its remote; run `dvc push` where it "
            "was built"
        )
    return store.files(folder_id)


def _fetch(workspace: Workspace, folder_id: str, fault: str) -> None:
    """Have DVC copy a folder from the remote into the cache; what is there stays."""
    listing = cached_object(workspace, folder_id)
    try:
        with open_remote(workspace) as remote:
            if remote is None:
                raise VersionError(
                    f"{fault}; or name the remote that holds it with `dvc remote add -d NAME URL`"
                )
            remote.download([folder_id])
            if listing.is_file():
                rows = json.loads(listing.read_text(encoding="utf-8"))
                remote.download([row["md5"] for row in rows])
    except RemoteError as error:
        raise VersionError(f"{folder_id} is not in DVC's cache, and {error}") from None


_LENGTH = 12
_PREFIX = "refs/tags/winnow/"
_FILE = "version.dvc"
_SECONDS = 30
# What git sets for a hook would point it at another repository than the one of the workspace.
_FOREIGN = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
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


def tag_name(version_id: str) -> str:
    """Return the tag of a Version: `winnow/` and the first twelve digits of its id."""
    return f"winnow/{version_id[:_LENGTH]}"


def keep_version(workspace: Workspace, objects: VersionObjects) -> str | None:
    """Tag a commit whose tree names the Version and its outputs; None where there is no git.

    `dvc gc --all-tags` and `--all-commits` keep what any of those commits names: the tree holds
    one .dvc file, where the workspace lies in the repository. Doing it again changes nothing.

    Raises:
        PrerequisiteError: git refuses.
    """
    folder = _git(workspace.root, "rev-parse", "--show-prefix")
    if folder is None:
        return None
    file = _made(workspace.root, "hash-object", "-w", "--stdin", given=_dvc_file(objects))
    tree = _made(workspace.root, "mktree", given=f"100644 blob {file}\t{_FILE}\n")
    for name in reversed(Path(folder).parts):
        tree = _made(workspace.root, "mktree", given=f"040000 tree {tree}\t{name}\n")
    text = f"Winnow keeps the Version {objects.version}"
    commit = _made(workspace.root, "commit-tree", "--no-gpg-sign", tree, "-m", text)
    tag = tag_name(objects.version)
    _made(workspace.root, "update-ref", _PREFIX + tag.removeprefix("winnow/"), commit)
    return tag


def tagged_versions(workspace: Workspace) -> dict[str, str]:
    """Map each tag of a Version here to that Version's id; none where there is no git."""
    import yaml

    prefix = _git(workspace.root, "rev-parse", "--show-prefix")
    tags = _git(workspace.root, "for-each-ref", "--format=%(refname)", _PREFIX)
    found = {}
    for ref in (tags or "").split():
        text = _git(workspace.root, "show", f"{ref}:{prefix}{_FILE}")
        if text is not None:
            found[ref.removeprefix("refs/tags/")] = str(yaml.safe_load(text)["outs"][0]["md5"])
    return found


def drop_tag(workspace: Workspace, tag: str) -> None:
    """Remove the tag of a Version; `dvc gc` then takes its objects if nothing else names them.

    Raises:
        PrerequisiteError: git refuses.
    """
    _made(workspace.root, "update-ref", "-d", _PREFIX + tag.removeprefix("winnow/"))


def _dvc_file(objects: VersionObjects) -> str:
    rows = [("version", objects.version)]
    rows += [(f"outputs/{stage}", folder) for stage, folder in sorted(objects.outputs.items())]
    outs = "".join(f"- md5: {folder}\n  hash: md5\n  path: {path}\n" for path, folder in rows)
    return f"outs:\n{outs}"


def _made(root: Path, *arguments: str, given: str = "") -> str:
    done = _done(root, *arguments, given=given)
    if done.returncode:
        said = " ".join(done.stderr.split())[:200]
        raise PrerequisiteError(
            f"git cannot keep a tag of the Version (`git {arguments[0]}`: {said}); repair the "
            "repository, for instance by `git fsck`"
        )
    return done.stdout.strip()


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = _done(root, *arguments)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _done(root: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    return subprocess.run(
        ["git", *arguments],
        cwd=root,
        env={**own, **_MAKER},
        input=given,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
