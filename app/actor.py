"""Actor: who promotes, as a receipt names them."""

import getpass
import platform
from collections.abc import Mapping
from pathlib import Path

from app.git_setting import git_setting

USER_VARIABLE = "WINNOW_USER"
"""Names whoever promotes, before all else."""


def actor(root: Path, environ: Mapping[str, str]) -> str:
    """Return who acts here, in one line.

    WINNOW_USER, else who started the run in GitHub Actions with the run's address, else git's
    `user.name <user.email>`, else `user@host`.
    """
    found = (
        environ.get(USER_VARIABLE, "")
        or _in_actions(environ)
        or _in_git(root, environ)
        or f"{_login()}@{platform.node() or 'localhost'}"
    )
    return " ".join(found.split())


def _in_actions(environ: Mapping[str, str]) -> str:
    who = environ.get("GITHUB_ACTOR", "")
    if environ.get("GITHUB_ACTIONS") != "true" or not who:
        return ""
    parts = [environ.get(f"GITHUB_{each}", "") for each in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    server, repository, run = parts
    return f"{who} ({server}/{repository}/actions/runs/{run})" if all(parts) else who


def _in_git(root: Path, environ: Mapping[str, str]) -> str:
    name = environ.get("GIT_COMMITTER_NAME") or git_setting(root, "user.name", environ)
    email = environ.get("GIT_COMMITTER_EMAIL") or git_setting(root, "user.email", environ)
    return f"{name} <{email}>" if name and email else name


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # An account without a name, as in a container that runs as any number.
        return "somebody"
