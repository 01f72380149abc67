"""What git is asked of a workspace: settings, an identity for DVC, and dvc.lock in a revision."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.workspace.workspace import load_yaml
from pipeline.errors import PrerequisiteError, one_line
from pipeline.process import git_output, run_git

_STAND_IN = {"NAME": "winnow", "EMAIL": "winnow@localhost"}


def git_setting(root: Path, name: str, environ: Mapping[str, str]) -> str:
    """Return a setting such as `user.name`; "" where it is not set or there is no git."""
    return git_output(root, "config", "--get", name, environ=environ) or ""


def stand_in_identity(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return variables that name an author where git has none; empty where it has one.

    DVC keeps uncommitted changes as a commit while an experiment runs, which needs an author;
    that commit is never part of anybody's history.
    """
    return {
        f"GIT_{role}_{key}": value
        for key, value in _STAND_IN.items()
        for role in ("AUTHOR", "COMMITTER")
        if not environ.get(f"GIT_{role}_{key}")
        and not git_setting(root, f"user.{key.lower()}", environ)
    }


@dataclass(frozen=True, slots=True)
class Revision:
    """The folders that a revision's dvc.lock names; None where a stage had not run."""

    name: str
    version: str
    scorecard: str | None
    answers: str | None


def locked_revision(root: Path, name: str) -> Revision:
    """Return what `git show NAME:dvc.lock` says, for a workspace anywhere in a repository.

    Raises:
        PrerequisiteError: there is no such revision here, or it holds no built Version.
    """
    if not name.strip():
        raise PrerequisiteError("--against git: names no revision; write it as in `git:main`")
    text = _shown_lock(root, name)
    try:
        stages = load_yaml(text)["stages"]
        folders = {stage: _folder(locked.get("outs", ())) for stage, locked in stages.items()}
    except (yaml.YAMLError, TypeError, KeyError, AttributeError):
        raise PrerequisiteError(
            f"dvc.lock of the git revision {name!r} cannot be read; name another revision"
        ) from None
    version = folders.get("package")
    if version is None:
        raise PrerequisiteError(
            f"dvc.lock of the git revision {name!r} names no Version; name one where `winnow run` "
            "was committed"
        )
    return Revision(name, version, folders.get("score"), folders.get("answer"))


def _shown_lock(root: Path, name: str) -> str:
    try:
        # `./` is the workspace, wherever in the repository that is; a name may not be an option.
        done = run_git(root, "show", "--end-of-options", f"{name}:./dvc.lock")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PrerequisiteError(
            f"git cannot be asked for {name!r} ({error}); install git"
        ) from None
    if done.returncode:
        said = one_line(done.stderr).removeprefix("fatal: ")[:200]
        raise PrerequisiteError(
            f"git shows no dvc.lock in the revision {name!r} ({said}); name a revision that has "
            "one, or fetch it first with `git fetch`"
        )
    return done.stdout


def _folder(outs: list[dict[str, Any]]) -> str | None:
    """Return the id of the first folder among a stage's outs: the others are single files."""
    return next((each["md5"] for each in outs if str(each.get("md5")).endswith(".dir")), None)
