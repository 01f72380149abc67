import os
import shutil
import subprocess
from pathlib import Path

import pytest

from eval.ledger.recording import provenance, read_scorecard, record_scorecard
from pipeline.errors import ArtifactError
from tests.fakes import MemoryLedger
from tests.support.gates import make_scorecard, write_scorecard

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
    found = provenance(repository, ENVIRON)
    assert found == {"baseline": revision, "dirty": "false", "remote": "none"}


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
    assert tags.pop("remote") == "none"
    assert tags == {"baseline": "b" * 40, "dirty": "false", "experiment": "spicy-rice"}


def test_outside_git_it_is_unknown(tmp_path: Path) -> None:
    environ = {**ENVIRON, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    found = provenance(tmp_path, environ)
    assert found == {"baseline": "unknown", "dirty": "unknown", "remote": "none"}


def test_without_git_installed_it_is_unknown(repository: Path, tmp_path: Path) -> None:
    assert provenance(repository, {"PATH": str(tmp_path)})["baseline"] == "unknown"


def test_a_git_hooks_variables_do_not_lead_elsewhere(repository: Path, tmp_path: Path) -> None:
    revision = git(repository, "rev-parse", "HEAD")
    environ = {**ENVIRON, "GIT_DIR": str(tmp_path / "elsewhere")}
    assert provenance(repository, environ)["baseline"] == revision


def configure(root: Path, text: str, name: str = "config") -> None:
    (root / ".dvc").mkdir(parents=True, exist_ok=True)
    (root / ".dvc" / name).write_text(text, encoding="utf-8")


STORE = "['remote \"store\"']\nurl = {}\n"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3://bucket/winnow", "s3://bucket/winnow"),
        ("https://ada:secret@host:8080/dvc?token=secret", "https://host:8080/dvc"),
        ("ssh://ada@host/srv/dvc", "ssh://host/srv/dvc"),
        ("/srv/dvc?1", "/srv/dvc?1"),
    ],
)
def test_the_remote_is_said_without_credentials(tmp_path: Path, address: str, said: str) -> None:
    configure(tmp_path, STORE.format(address))
    assert provenance(tmp_path, ENVIRON)["remote"] == said


def test_of_several_remotes_the_default_one_is_said(tmp_path: Path) -> None:
    configure(tmp_path, STORE.format("s3://one") + "['remote \"other\"']\nurl = s3://two\n")
    assert provenance(tmp_path, ENVIRON)["remote"] == "none"
    configure(tmp_path, "[core]\nremote = other\n", "config.local")
    assert provenance(tmp_path, ENVIRON)["remote"] == "s3://two"
    configure(tmp_path, "[core]\nremote = nowhere\n", "config.local")
    assert provenance(tmp_path, ENVIRON)["remote"] == "none"


def test_an_experiments_copy_has_the_remote_of_its_project(tmp_path: Path) -> None:
    configure(tmp_path / "main", STORE.format("../../dvc"))
    configure(tmp_path / "copy", STORE.format("../../dvc"))
    environ = {**ENVIRON, "DVC_ROOT": str(tmp_path / "main")}
    assert provenance(tmp_path / "copy", environ)["remote"] == str(tmp_path / "dvc")


def test_a_configuration_that_dvc_cannot_read_is_unknown(tmp_path: Path) -> None:
    configure(tmp_path, "[[[")
    assert provenance(tmp_path, ENVIRON)["remote"] == "unknown"


TAGS = {"baseline": "unknown", "dirty": "unknown"}


def test_files_with_a_caches_names_are_recorded_once(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    files = write_scorecard(tmp_path / "folder", make_scorecard())
    first = record_scorecard(ledger, files, {"latency_ms.p50": 3.0}, TAGS)
    cached = {}
    for number, (name, path) in enumerate(files.items()):
        cached[name] = Path(shutil.copyfile(path, tmp_path / f"md5-{number}"))
    assert record_scorecard(ledger, cached, {}, {}) == first
    [record] = ledger.records()
    assert record.scorecard == make_scorecard()
    assert record.measurements == {"latency_ms.p50": 3.0}
    assert len(ledger.scores(record)) == 4


@pytest.mark.parametrize("name", ["scorecard.json", "scores.parquet"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    files = write_scorecard(tmp_path, make_scorecard())
    del files[name]
    with pytest.raises(ArtifactError, match=f"{name} is missing"):
        read_scorecard(files)


def test_a_file_of_another_format_says_what_is_wrong(tmp_path: Path) -> None:
    files = write_scorecard(tmp_path, make_scorecard())
    files["scorecard.json"].write_text('{"version": 3}')
    with pytest.raises(ArtifactError, match=r"scorecard\.json is no Scorecard \(`version`"):
        read_scorecard(files)
