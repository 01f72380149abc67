"""Git setting: what git's configuration says, of the repository or of its user."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

_SECONDS = 10


def git_setting(root: Path, name: str, environ: Mapping[str, str]) -> str:
    """Return a setting such as `user.name`; "" where it is not set or there is no git."""
    try:
        done = subprocess.run(
            ["git", "config", "--get", name],
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
