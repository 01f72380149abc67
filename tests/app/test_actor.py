"""A receipt names a person, or at least the account and the machine."""

import subprocess
from pathlib import Path

from app.actor import actor

ACTIONS = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "ada",
    "GITHUB_SERVER_URL": "https://github.example.org",
    "GITHUB_REPOSITORY": "team/handbook",
    "GITHUB_RUN_ID": "42",
}
ADDRESS = "https://github.example.org/team/handbook/actions/runs/42"


def nobody(folder: Path) -> dict[str, str]:
    """An environment in which git knows nobody."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}


def test_who_says_so_is_taken_first(tmp_path: Path) -> None:
    environ = {**nobody(tmp_path), **ACTIONS, "WINNOW_USER": "Grace\n<grace@example.org>"}
    assert actor(tmp_path, environ) == "Grace <grace@example.org>"


def test_a_run_of_github_actions_is_named_with_its_address(tmp_path: Path) -> None:
    assert actor(tmp_path, {**nobody(tmp_path), **ACTIONS}) == f"ada ({ADDRESS})"
    del (environ := {**nobody(tmp_path), **ACTIONS})["GITHUB_RUN_ID"]
    assert actor(tmp_path, environ) == "ada"


def test_git_knows_who_it_is(tmp_path: Path) -> None:
    environ = nobody(tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    for key, value in (("user.name", "Ada Lovelace"), ("user.email", "ada@example.org")):
        subprocess.run(["git", "config", key, value], cwd=tmp_path, check=True)
    assert actor(tmp_path, environ) == "Ada Lovelace <ada@example.org>"
    environ |= {"GIT_COMMITTER_NAME": "A robot"}
    assert actor(tmp_path, environ) == "A robot <ada@example.org>"


def test_else_it_is_the_account_on_the_machine(tmp_path: Path) -> None:
    user, _, host = actor(tmp_path, nobody(tmp_path)).partition("@")
    assert user
    assert host
    assert "@" in actor(tmp_path, {**nobody(tmp_path), "PATH": str(tmp_path)})
