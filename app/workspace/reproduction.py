"""Running DVC in a workspace: `dvc repro`, and experiments beside it.

What an earlier run left broken is taken out of the way first: damaged objects of the cache, and a
dvc.lock that was cut short.
"""

import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import typer
import yaml

from app.workspace.git import stand_in_identity
from app.workspace.raw import check_raw, write_listing
from app.workspace.workspace import Workspace, load_yaml
from pipeline.errors import ParamsError, WinnowError, one_line
from pipeline.files import hash_file
from pipeline.params import IngestParams, read_section
from pipeline.versions.store import FOLDER, listed_files, object_path

if TYPE_CHECKING:
    from dvc.repo import Repo

ASIDE = "dvc.lock.broken"
"""What a dvc.lock that cannot be read is renamed to."""

_STATUS = re.compile(r"exited with (-?\d+)$")
_INTERRUPTED = (-2, 130)
_BUSY = "a run is at work in this folder already; wait until it is done, then run again"


def initialise(workspace: Workspace) -> None:
    """Make a folder a DVC project of its own, whatever git repository it may lie in."""
    from dvc.repo import Repo

    with _explained():
        Repo.init(str(workspace.root), no_scm=True).close()


def reproduce(workspace: Workspace, only: str | None = None) -> None:
    """Bring the workspace up to date, or one stage of it.

    Raises:
        WinnowError: DVC could not start or finish a stage.
        typer.Exit: a stage failed, and has said why.
    """
    check_raw(workspace)
    if only is not None:
        _check_stage(workspace, only)
    if listing := workspace.raw_listing:
        params = read_section(workspace.params, "ingest", IngestParams)
        write_listing(workspace.raw, listing, workspace.scratch / "raw_hashes.json", params)
    if broken := set_aside_broken_lock(workspace):
        _say(f"dvc.lock was cut short, and is set aside as {broken.name}")
    for path in remove_damaged(workspace):
        _say(f"removed from DVC's cache, damaged: {path}")
    with _running(workspace) as repo:
        repo.reproduce(only, single_item=only is not None)


def reproduce_aside(workspace: Workspace, name: str, settings: Sequence[str]) -> None:
    """Run an experiment in a temporary copy, which leaves params.yaml and data alone.

    Raises:
        WinnowError: DVC could not start or finish a stage.
        typer.Exit: a stage failed, and has said why.
    """
    from dvc.repo.experiments.exceptions import UnresolvedExpNamesError

    check_raw(workspace)
    identity = stand_in_identity(workspace.root, os.environ)
    with _running(workspace, identity) as repo:
        # DVC's own `force` would run every stage again.
        with suppress(UnresolvedExpNamesError):
            repo.experiments.remove(exp_names=[name])
        params = [each.strip() for each in settings]
        repo.experiments.run(tmp_dir=True, name=name, params=params)


def remove_damaged(workspace: Workspace) -> list[Path]:
    """Remove damaged cache files of the Version and Scorecard that dvc.lock names.

    DVC trusts read-only files of its cache unseen; without this, a run would find nothing to do.
    """
    removed = find_damaged(workspace, (workspace.version, workspace.scorecard))
    for path in removed:
        path.unlink()
    return removed


def find_damaged(workspace: Workspace, folders: Iterable[str | None]) -> list[Path]:
    """Return what lies in DVC's cache of these folders and has not the hash that its name says."""
    cache = workspace.cache
    damaged: dict[Path, None] = {}
    for folder in folders:
        if folder is None or not folder.endswith(FOLDER):
            continue
        listing = object_path(cache, folder)
        if _is_damaged(cache, folder):
            damaged[listing] = None
        elif listing.is_file():
            digests = sorted({*(listed_files(listing.read_bytes()) or {}).values()})
            damaged |= {
                object_path(cache, each): None for each in digests if _is_damaged(cache, each)
            }
    return list(damaged)


def _is_damaged(cache: Path, digest: str) -> bool:
    path = object_path(cache, digest)
    return path.is_file() and hash_file(path, "md5") != digest.removesuffix(FOLDER)


def set_aside_broken_lock(workspace: Workspace) -> Path | None:
    """Rename a dvc.lock that cannot be read, and return its new path; None if it is sound.

    DVC writes the file in place. What it recorded is not lost: its run cache knows what has
    run, and brings it back.
    """
    lock = workspace.root / "dvc.lock"
    return lock.rename(lock.with_name(ASIDE)) if is_broken(workspace) else None


def is_broken(workspace: Workspace) -> bool:
    """Whether there is a dvc.lock that cannot be read."""
    lock = workspace.root / "dvc.lock"
    if not lock.exists():
        return False
    try:
        content = load_yaml(lock.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return True
    if not isinstance(content, dict) or "schema" not in content:
        return True
    stages = content.get("stages", {})
    return not isinstance(stages, dict) or any(
        not isinstance(stage, dict) or "cmd" not in stage for stage in stages.values()
    )


def _check_stage(workspace: Workspace, stage: str) -> None:
    known = workspace.stages
    if stage in known:
        return
    close = get_close_matches(stage, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"stages here: {', '.join(known)}"
    raise ParamsError(f"--only {stage!r}: no such stage; {hint}")


@contextmanager
def _running(workspace: Workspace, extra: Mapping[str, str] | None = None) -> Iterator["Repo"]:
    """Open DVC's project for a run: our `python` first, a line as each stage starts.

    DVC takes the paths that it is given, and some of its own, from the current folder.
    """
    from dvc.repo import Repo

    before = dict(os.environ)
    path = f"{Path(sys.executable).parent}{os.pathsep}{before.get('PATH', '')}"
    os.environ.update({**(extra or {}), "PATH": path})
    try:
        with chdir(workspace.root), _announcing(workspace.stages), _explained():
            repo = Repo(str(workspace.root))
            try:
                yield repo
            finally:
                repo.close()
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what DVC raises into one line, unless a stage has said its own already.

    That says more than DVC's own log, which is kept silent.
    """
    from dvc.exceptions import DvcException, ReproductionError
    from dvc.lock import LockError
    from dvc.logger import set_loggers_level

    try:
        with set_loggers_level(logging.CRITICAL):
            yield
    except LockError:
        raise WinnowError(_BUSY) from None
    except ReproductionError as error:
        if isinstance(error.__cause__, LockError):
            raise WinnowError(_BUSY) from None
        _stage_failed(str(error), error.__cause__)
    except DvcException as error:
        raise WinnowError(f"DVC: {one_line(error)}") from None


def _stage_failed(failure: str, cause: BaseException | None) -> None:
    stage = failure.rpartition(" ")[2].strip("'")
    ended = _STATUS.search(str(cause))
    if ended is None:
        raise WinnowError(f"stage {stage}: {one_line(cause or failure)}") from None
    status = int(ended[1])
    if status in _INTERRUPTED:
        raise KeyboardInterrupt
    if status < 0 or status > 128:
        number = -status if status < 0 else status - 128
        raise WinnowError(
            f"stage {stage} was killed by signal {number}; if it ran out of memory, give it "
            "more, then run again: what is done is kept"
        ) from None
    _say(f"stopped at stage {stage}; mend that and run again: what is done is kept")
    raise typer.Exit(1)


@contextmanager
def _announcing(stages: Sequence[str]) -> Iterator[None]:
    """Say which stage starts; DVC's log tells."""
    log, handler = logging.getLogger("dvc.stage.run"), _StageStarts(stages)
    level, propagates = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = propagates


class _StageStarts(logging.Handler):
    """Writes `[3/8] embed` when DVC logs that it runs a stage."""

    def __init__(self, stages: Sequence[str]) -> None:
        super().__init__()
        self._stages = list(stages)

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith("Running stage") and isinstance(record.args, tuple):
            stage = str(record.args[0]).rpartition(":")[2]
            if stage in self._stages:
                _say(f"[{self._stages.index(stage) + 1}/{len(self._stages)}] {stage}")


def _say(line: str) -> None:
    typer.secho(line, err=True, dim=True)
