"""Running DVC in a workspace: `dvc repro`, and experiments beside it."""

import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.cache_repair import remove_damaged
from app.workspace import Workspace
from pipeline.errors import DataError, ParamsError, WinnowError

if TYPE_CHECKING:
    from dvc.repo import Repo

_STATUS = re.compile(r"exited with (-?\d+)$")
_INTERRUPTED = (-2, 130)


def initialise(workspace: Workspace) -> None:
    """Make a folder a DVC project of its own, whatever git repository it may lie in."""
    from dvc.repo import Repo

    with _silent(), _explained():
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
    for path in remove_damaged(workspace):
        _say(f"removed from DVC's cache, damaged: {path}")
    pipeline = str(workspace.root / "dvc.yaml")
    target = pipeline if only is None else f"{pipeline}:{only}"
    with _running(workspace) as repo:
        repo.reproduce(target, single_item=only is not None)


def reproduce_aside(workspace: Workspace, name: str, settings: Sequence[str]) -> None:
    """Run an experiment in a temporary copy, which leaves params.yaml and data alone.

    Raises:
        WinnowError: DVC could not start or finish a stage.
        typer.Exit: a stage failed, and has said why.
    """
    check_raw(workspace)
    here = Path.cwd()
    os.chdir(workspace.root)  # DVC finds the params file of an experiment from here
    try:
        with _running(workspace) as repo:
            repo.experiments.run(
                tmp_dir=True, force=True, name=name, params=[each.strip() for each in settings]
            )
    finally:
        os.chdir(here)


def check_raw(workspace: Workspace) -> None:
    """Make sure that there is something to ingest.

    Raises:
        DataError: the raw folder is missing or empty.
    """
    raw = workspace.raw
    if not raw.is_dir():
        raise DataError(f"{raw} does not exist; put documents there, or `dvc pull` them")
    if not any(raw.iterdir()):
        raise DataError(f"{raw} is empty; put documents there")


def _check_stage(workspace: Workspace, stage: str) -> None:
    known = workspace.stages
    if stage in known:
        return
    close = get_close_matches(stage, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"stages here: {', '.join(known)}"
    raise ParamsError(f"--only {stage!r}: no such stage; {hint}")


@contextmanager
def _running(workspace: Workspace) -> Iterator["Repo"]:
    """Open DVC's project for a run: our `python` first, a line as each stage starts."""
    from dvc.repo import Repo

    path = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{path}"
    try:
        with _silent(), _announcing(workspace.stages), _explained():
            repo = Repo(str(workspace.root))
            try:
                yield repo
            finally:
                repo.close()
    finally:
        os.environ["PATH"] = path


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what DVC raises into one line, unless a stage has said its own already."""
    from dvc.exceptions import DvcException, ReproductionError
    from dvc.lock import LockError

    try:
        yield
    except LockError:
        raise WinnowError(
            "DVC is at work in this folder already; wait until it is done, then run again"
        ) from None
    except ReproductionError as error:
        _stage_failed(str(error), error.__cause__)
    except DvcException as error:
        raise WinnowError(f"DVC: {_one_line(error)}") from None


def _stage_failed(failure: str, cause: BaseException | None) -> None:
    stage = failure.rpartition(" ")[2].strip("'")
    ended = _STATUS.search(str(cause))
    if ended is None:
        raise WinnowError(f"stage {stage}: {_one_line(cause or failure)}") from None
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
def _silent() -> Iterator[None]:
    """Keep DVC's own log to itself: what it raises says more."""
    from dvc.logger import set_loggers_level

    with set_loggers_level(logging.CRITICAL):
        yield


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


def _one_line(error: object) -> str:
    return " ".join(str(error).split())
