"""Undisturbed DVC: a workspace's DVC project while no run and no experiment is at work in it."""

import json
import logging
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.workspace import Workspace
from pipeline.errors import PrerequisiteError, WinnowError

if TYPE_CHECKING:
    from dvc.repo import Repo

_BUSY = "a run is at work in {place}; wait until it is done, then try again"


@contextmanager
def undisturbed_dvc(place: Workspace) -> Iterator["Repo"]:
    """Open DVC's project and hold its lock, so that no run starts meanwhile.

    DVC lets go of that lock while a stage's own command runs; what the command reads and writes
    stands in a file beside it then. An experiment has both in its copy of the workspace.

    Raises:
        PrerequisiteError: a run or an experiment is at work.
        WinnowError: DVC cannot open the project.
    """
    from dvc.exceptions import DvcException
    from dvc.lock import LockError, make_lock
    from dvc.logger import set_loggers_level
    from dvc.repo import Repo

    with chdir(place.root), set_loggers_level(logging.CRITICAL):
        try:
            repo = Repo(str(place.root))
        except DvcException as error:
            raise WinnowError(f"DVC: {' '.join(str(error).split())}") from None
        try:
            hard = repo.config["core"].get("hardlink_lock", False)
            with repo.lock:
                for folder in _copies(repo):
                    with make_lock(str(folder / "lock"), str(folder), hardlink_lock=hard):
                        _refuse_stages(folder)
                _refuse_stages(Path(str(repo.tmp_dir)))
                yield repo
        except LockError:
            raise PrerequisiteError(_BUSY.format(place=place.root)) from None
        finally:
            repo.close()


def _copies(repo: "Repo") -> Iterator[Path]:
    """Yield DVC's own folder in each copy of the workspace that an experiment made."""
    from dvc.scm import NoSCM

    if isinstance(repo.scm, NoSCM):
        return
    inside = Path(repo.root_dir).relative_to(Path(repo.scm.root_dir).resolve())
    aside = Path(str(repo.tmp_dir)) / "exps"
    for copy in (*aside.glob("tmp*"), *aside.glob("*/tmp*")):
        folder = copy / inside / ".dvc" / "tmp"
        if folder.is_dir():
            yield folder


def _refuse_stages(folder: Path) -> None:
    """Raise where a process that still runs holds something for a stage."""
    import psutil

    try:
        held = json.loads((folder / "rwlock").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except ValueError:
        raise PrerequisiteError(
            f"{folder / 'rwlock'} cannot be read; remove it if no run is at work"
        ) from None
    for infos in (*held.get("read", {}).values(), *held.get("write", {}).values()):
        for info in infos if isinstance(infos, list) else [infos]:
            if info and psutil.pid_exists(int(info["pid"])):
                raise PrerequisiteError(
                    _BUSY.format(place=f"{folder.parent.parent} (process {info['pid']})")
                )
