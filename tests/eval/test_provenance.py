import os
import subprocess
from pathlib import Path

import pytest

from eval.provenance import provenance

ENVIRON = {
    "PATH": os.environ["PATH"],
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=ENVIRON, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "data").mkdir(parents=True)
    git(root, "init", "--quiet")
    for name in ("params.yaml", "dvc.lock", "data/metrics.json", "data/ingest.json"):
        (root / name).write_text("one\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "one")
    return root


def test_a_clean_checkout_is_its_revision(repository: Path) -> None:
    revision = git(repository, "rev-parse", "HEAD")
    assert provenance(repository, ENVIRON) == {"baseline": revision, "dirty": "false"}


@pytest.mark.parametrize("name", ["params.yaml", "new.py"])
def test_a_change_or_a_new_file_is_dirty(repository: Path, name: str) -> None:
    (repository / name).write_text("two\n")
    assert provenance(repository, ENVIRON)["dirty"] == "true"


@pytest.mark.parametrize("name", ["dvc.lock", "data/metrics.json", "data/ingest.json"])
def test_what_dvc_writes_is_not_dirty(repository: Path, name: str) -> None:
    (repository / name).write_text("two\n")
    assert provenance(repository, ENVIRON)["dirty"] == "false"


def test_an_experiment_names_itself_and_its_baseline(repository: Path) -> None:
    environ = {**ENVIRON, "DVC_EXP_NAME": "spicy-rice", "DVC_EXP_BASELINE_REV": "b" * 40}
    tags = provenance(repository, environ)
    assert tags == {"baseline": "b" * 40, "dirty": "false", "experiment": "spicy-rice"}


def test_outside_git_it_is_unknown(tmp_path: Path) -> None:
    environ = {**ENVIRON, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    assert provenance(tmp_path, environ) == {"baseline": "unknown", "dirty": "unknown"}


def test_without_git_installed_it_is_unknown(repository: Path, tmp_path: Path) -> None:
    assert provenance(repository, {"PATH": str(tmp_path)})["baseline"] == "unknown"


def test_a_git_hooks_variables_do_not_lead_elsewhere(repository: Path, tmp_path: Path) -> None:
    revision = git(repository, "rev-parse", "HEAD")
    environ = {**ENVIRON, "GIT_DIR": str(tmp_path / "elsewhere")}
    assert provenance(repository, environ)["baseline"] == revision
