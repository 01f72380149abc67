"""What git's configuration says."""

import os
import subprocess
from pathlib import Path

from app.git_setting import git_setting


def test_a_repositorys_own_setting_is_read(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "config", "user.name", "Ada"], cwd=tmp_path, check=True)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    assert git_setting(tmp_path, "user.name", environ) == "Ada"
    assert git_setting(tmp_path, "user.unheard", environ) == ""


def test_without_git_nothing_is_set(tmp_path: Path) -> None:
    assert git_setting(tmp_path, "user.name", {"PATH": str(tmp_path)}) == ""
