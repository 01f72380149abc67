"""Git identity: a stand-in for experiments on a machine where git knows nobody."""

from collections.abc import Mapping
from pathlib import Path

from app.git_setting import git_setting

_STAND_IN = {"NAME": "winnow", "EMAIL": "winnow@localhost"}


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
