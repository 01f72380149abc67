"""Version tag: a git tag that names a Version to DVC, so that `dvc gc` spares its objects."""

import os
import subprocess
from pathlib import Path

from app.version_objects import VersionObjects
from app.workspace import Workspace
from pipeline.errors import PrerequisiteError

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


def keep_version(place: Workspace, objects: VersionObjects) -> str | None:
    """Tag a commit whose tree names the Version and its outputs; None where there is no git.

    `dvc gc --all-tags` and `--all-commits` keep what any of those commits names: the tree holds
    one .dvc file, where the workspace lies in the repository. Doing it again changes nothing.

    Raises:
        PrerequisiteError: git refuses.
    """
    folder = _git(place.root, "rev-parse", "--show-prefix")
    if folder is None:
        return None
    file = _made(place.root, "hash-object", "-w", "--stdin", given=_dvc_file(objects))
    tree = _made(place.root, "mktree", given=f"100644 blob {file}\t{_FILE}\n")
    for name in reversed(Path(folder).parts):
        tree = _made(place.root, "mktree", given=f"040000 tree {tree}\t{name}\n")
    text = f"Winnow keeps the Version {objects.version}"
    commit = _made(place.root, "commit-tree", "--no-gpg-sign", tree, "-m", text)
    tag = tag_name(objects.version)
    _made(place.root, "update-ref", _PREFIX + tag.removeprefix("winnow/"), commit)
    return tag


def tagged_versions(place: Workspace) -> dict[str, str]:
    """Map each tag of a Version here to that Version's id; none where there is no git."""
    import yaml

    prefix = _git(place.root, "rev-parse", "--show-prefix")
    tags = _git(place.root, "for-each-ref", "--format=%(refname)", _PREFIX)
    found = {}
    for ref in (tags or "").split():
        text = _git(place.root, "show", f"{ref}:{prefix}{_FILE}")
        if text is not None:
            found[ref.removeprefix("refs/tags/")] = str(yaml.safe_load(text)["outs"][0]["md5"])
    return found


def drop_tag(place: Workspace, tag: str) -> None:
    """Remove the tag of a Version; `dvc gc` then takes its objects if nothing else names them.

    Raises:
        PrerequisiteError: git refuses.
    """
    _made(place.root, "update-ref", "-d", _PREFIX + tag.removeprefix("winnow/"))


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
