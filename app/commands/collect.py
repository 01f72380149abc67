"""`winnow gc`: what no Version that must stay needs leaves DVC's cache and its remote."""

import os
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from app.commands.options import WorkspaceOption
from app.display.scorecards import short_id
from app.storage.collection import Findings, GarbageCollection
from app.storage.garbage import FolderKind, Garbage
from app.storage.inventory import KeepRules
from app.storage.remote import DvcRemote, open_remote
from app.workspace.workspace import Workspace, find_workspace
from eval.ledger.ledger import Ledger, Record
from pipeline.errors import PrerequisiteError, counted

_SHOWN = 8
_PLURALS: dict[FolderKind, str] = {
    "Version": "Versions",
    "Documents": "sets of Documents",
    "chunks": "sets of chunks",
    "embeddings": "sets of embeddings",
    "encoder": "encoders",
    "index": "indexes",
    "answers": "sets of answers",
    "Scorecard": "Scorecards",
}
_UNITS = ("bytes", "KB", "MB", "GB", "TB")


def garbage_lines(garbage: Garbage, sizes: Mapping[str, int], where: str) -> list[str]:
    """Return how many objects go from somewhere, their size, and what they were."""
    if not garbage.digests:
        return [f"{where}: nothing to remove"]
    size = size_text(sum(sizes.get(each, 0) for each in garbage.digests))
    kinds = Counter(garbage.folders.values())
    named = [
        f"{kinds[kind]} {plural if kinds[kind] > 1 else _singular(kind)}"
        for kind, plural in _PLURALS.items()
        if kinds[kind]
    ]
    objects = counted(len(garbage.digests), "object")
    return [f"{where}: {objects} to remove, {size}: {', '.join(named)}"]


def version_lines(versions: Collection[str], records: Sequence[Record]) -> list[str]:
    """Return which Versions of the ledger go, the newest first, with their experiments."""
    found: dict[str, str] = {}
    for record in sorted(records, key=lambda each: -each.recorded):
        if record.scorecard.version in versions:
            name = record.tags.get("experiment", "")
            found.setdefault(record.scorecard.version, f" ({name})" if name else "")
    if not found:
        return []
    shown = [f"{short_id(version)}{name}" for version, name in found.items()][:_SHOWN]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return [f"no longer at hand: {', '.join(shown)}{more}; their scores stay in the ledger"]


def size_text(count: int) -> str:
    """Return bytes in the unit that a person would use: `118.3 MB`."""
    value, unit = float(count), 0
    while value >= 1000 and unit + 1 < len(_UNITS):
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{count} bytes"


def _singular(kind: FolderKind) -> str:
    plural = _PLURALS[kind]
    return plural.replace("sets", "set", 1) if plural.startswith("sets") else kind


KeepOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep", metavar="ID", help="A Version by the start of its id; repeat it for more."
    ),
]
LastOption = Annotated[
    int, typer.Option("--keep-last", metavar="N", min=0, help="Keep the N newest scored Versions.")
]
BranchesOption = Annotated[bool, typer.Option("--branches", help="Keep what git branches name.")]
TagsOption = Annotated[bool, typer.Option("--tags", help="Keep what git tags name.")]
ExperimentsOption = Annotated[
    bool, typer.Option("--experiments", help="Keep what DVC's experiments name.")
]
CleanedRemoteOption = Annotated[
    str | None, typer.Option("--remote", metavar="NAME", help="Clean this remote as well.")
]
CloudOption = Annotated[bool, typer.Option("--cloud", help="Clean the default remote as well.")]
SharedOption = Annotated[
    bool,
    typer.Option("--shared", help="Clean a cache outside the workspace; leave others' Versions."),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Remove without asking.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")]


def collect(
    keep: KeepOption = None,
    keep_last: LastOption = 0,
    branches: BranchesOption = False,
    tags: TagsOption = False,
    experiments: ExperimentsOption = False,
    remote: CleanedRemoteOption = None,
    cloud: CloudOption = False,
    shared: SharedOption = False,
    yes: YesOption = False,
    dry_run: DryOption = False,
    root: WorkspaceOption = None,
) -> None:
    """Remove what nothing needs from DVC's cache: Versions that were tried, and their parts.

    What stays in any case: the Version that dvc.lock names, every champion
    there ever was, the challenger, what they were built from, and all that
    no stage wrote.
    """
    from eval.ledger.mlflow_ledger import ledger_at

    workspace = find_workspace(root)
    _check_cache(workspace, shared)
    ledger = ledger_at(workspace.root, os.environ)
    rules = KeepRules(tuple(keep or ()), keep_last, branches, tags, experiments)
    with _opened(workspace, remote, cloud) as far:
        collection = GarbageCollection(workspace, ledger, rules, far, shared=shared)
        found = collection.find()
        _say(found, ledger, far)
        if dry_run or not (found.cache.digests or found.remote.digests):
            return
        if not yes:
            _ask()
        gone = collection.remove(found)
    removed = len(gone.cache.digests) + len(gone.remote.digests)
    typer.echo(f"removed {counted(removed, 'object')}")


def _say(found: Findings, ledger: Ledger, far: DvcRemote | None) -> None:
    lines = garbage_lines(found.cache, found.sizes, "DVC's cache")
    if far is not None:
        lines += garbage_lines(found.remote, found.sizes, far.url)
    versions = found.cache.versions | found.remote.versions
    for line in (*lines, *(version_lines(versions, ledger.records()) if versions else ())):
        typer.echo(line)


def _ask() -> None:
    """Ask on a terminal; elsewhere nobody could answer."""
    if not sys.stdin.isatty():
        raise PrerequisiteError("nothing was removed: give --yes to remove it without being asked")
    typer.confirm("remove it?", abort=True)


def _check_cache(workspace: Workspace, shared: bool) -> None:
    inside = workspace.cache.resolve().is_relative_to(workspace.root.resolve())
    if not inside and not shared:
        raise PrerequisiteError(
            f"DVC's cache {workspace.cache} lies outside {workspace.root}, so that others may "
            "use it: what their workspaces need is not known here; give --shared to remove "
            "Versions of this ledger all the same"
        )


@contextmanager
def _opened(workspace: Workspace, name: str | None, cloud: bool) -> Iterator[DvcRemote | None]:
    if name is None and not cloud:
        yield None
        return
    with open_remote(workspace, name) as remote:
        if remote is None:
            raise PrerequisiteError(
                "no remote is configured; add it with `dvc remote add -d NAME URL`, or leave out "
                "--cloud"
            )
        yield remote
