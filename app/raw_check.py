"""Raw check: that there is something to ingest, and nothing that stops DVC."""

import shlex

from app.workspace import Workspace
from pipeline.errors import DataError
from pipeline.raw_folder import RawEntry, raw_entries

_SHOWN = 3


def check_raw(workspace: Workspace) -> None:
    """Make sure that there is something to ingest, and that DVC gets past it.

    DVC walks the raw folder where a stage depends on it, files that params exclude too; where
    the stage depends on a listing instead, `ingest` quarantines what nobody can read.

    Raises:
        DataError: the raw folder is missing or empty, or holds what DVC hangs or fails on.
    """
    raw = workspace.raw
    if not raw.is_dir():
        raise DataError(f"{raw} does not exist; put documents there, or `dvc pull` them")
    if not any(raw.iterdir()):
        raise DataError(f"{raw} is empty; put documents there")
    if workspace.raw_listing is None and (stopping := _stopping(workspace)):
        named = "; ".join(_named(entry) for entry in stopping[:_SHOWN])
        more = f"; and {len(stopping) - _SHOWN} more" if len(stopping) > _SHOWN else ""
        raise DataError(
            f"DVC would hang or fail in {raw} on {named}{more}. Remove or rename that, or let "
            f"`winnow run --raw {shlex.quote(str(raw))}` read the rest"
        )


def _named(entry: RawEntry) -> str:
    reason = (entry.fault or "").partition(";")[0]
    return f"{entry.printable}: {reason}"


def _stopping(workspace: Workspace) -> list[RawEntry]:
    """Return the entries that DVC does not get past.

    DVC 3.67 opens a pipe, and waits; it fails on a name that is no UTF-8, a socket, and a link
    that leads nowhere or in a circle. A link to a file, wherever it lies, is read like a file, a
    link to a folder passed over; an empty folder of whatever name too.
    """
    found = [entry for entry in raw_entries(workspace.raw, exclude=()) if _stops_dvc(entry)]
    return _not_ignored(workspace, found) if found else []


def _stops_dvc(entry: RawEntry) -> bool:
    if entry.fault is None:
        return False
    return not _is_text(entry.relative) or not (entry.path.is_file() or entry.path.is_dir())


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _not_ignored(workspace: Workspace, entries: list[RawEntry]) -> list[RawEntry]:
    """Leave out what .dvcignore keeps from DVC."""
    from dvc.fs import LocalFileSystem
    from dvc.ignore import DvcIgnoreFilter

    ignored = DvcIgnoreFilter(LocalFileSystem(url=str(workspace.root)), str(workspace.root))
    raw = workspace.raw
    return [each for each in entries if not ignored.is_ignored_file(str(raw / each.relative))]
