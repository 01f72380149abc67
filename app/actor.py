"""Actor: who promotes, as a receipt names them."""

import getpass
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

USER_VARIABLE = "WINNOW_USER"
"""Names whoever promotes, before all else."""
_SECONDS = 10


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
    name = environ.get("GIT_COMMITTER_NAME") or _configured(root, environ, "user.name")
    email = environ.get("GIT_COMMITTER_EMAIL") or _configured(root, environ, "user.email")
    return f"{name} <{email}>" if name and email else name


def _configured(root: Path, environ: Mapping[str, str], key: str) -> str:
    command = ["git", "config", "--get", key]
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=dict(environ),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # An account without a name, as in a container that runs as any number.
        return "somebody"
