import os
import subprocess
from pathlib import Path

import pytest

from app.git_identity import stand_in_identity


@pytest.fixture
def nobody(tmp_path: Path) -> dict[str, str]:
    """An environment in which git knows no user."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    empty = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True, env=kept)
    return {**kept, **empty, "HOME": str(tmp_path)}


def test_a_machine_without_a_git_user_gets_a_stand_in(
    tmp_path: Path, nobody: dict[str, str]
) -> None:
    found = stand_in_identity(tmp_path, nobody)
    assert set(found) == {
        f"GIT_{role}_{key}" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")
    }


def test_a_configured_user_stays(tmp_path: Path, nobody: dict[str, str]) -> None:
    for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org")):
        subprocess.run(["git", "config", key, value], cwd=tmp_path, check=True, env=nobody)
    assert stand_in_identity(tmp_path, nobody) == {}


def test_variables_that_name_somebody_stay(tmp_path: Path, nobody: dict[str, str]) -> None:
    found = stand_in_identity(tmp_path, {**nobody, "GIT_AUTHOR_NAME": "Ada"})
    assert "GIT_AUTHOR_NAME" not in found
    assert "GIT_COMMITTER_NAME" in found
