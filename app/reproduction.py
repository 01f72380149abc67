"""Running DVC in a workspace: `dvc repro`, and experiments beside it."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.workspace import Workspace
from pipeline.errors import DataError, WinnowError


def run_dvc(workspace: Workspace, *arguments: str) -> None:
    """Run DVC in a workspace, its output going where ours goes.

    Raises:
        WinnowError: DVC failed; what went wrong stands above.
    """
    command = [sys.executable, "-m", "dvc", *arguments]
    finished = subprocess.run(
        command, cwd=workspace.root, env=_environment(os.environ), check=False
    )
    if finished.returncode:
        shown = " ".join(["dvc", *arguments])
        raise WinnowError(f"`{shown}` failed in {workspace.root}; the reason stands above")


def reproduce(workspace: Workspace, only: str | None = None) -> None:
    """Bring the workspace up to date, or one stage of it."""
    _check_raw(workspace)
    stage = ["--single-item", only] if only else []
    run_dvc(workspace, "repro", "--quiet", *stage)


def reproduce_aside(workspace: Workspace, name: str, settings: Sequence[str]) -> None:
    """Run an experiment in a temporary copy, which leaves params.yaml and data alone."""
    _check_raw(workspace)
    changes = [argument for setting in settings for argument in ("--set-param", setting)]
    run_dvc(workspace, "exp", "run", "--quiet", "--temp", "--force", "--name", name, *changes)


def _check_raw(workspace: Workspace) -> None:
    raw = workspace.raw
    if not raw.is_dir():
        raise DataError(f"{raw} does not exist; put documents there, or `dvc pull` them")
    if not any(raw.iterdir()):
        raise DataError(f"{raw} is empty; put documents there")


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment whose `python` is ours, so that stages import what we would."""
    here = str(Path(sys.executable).parent)
    path = environ.get("PATH", "")
    return {**environ, "PATH": f"{here}{os.pathsep}{path}", "DVC_NO_ANALYTICS": "1"}
