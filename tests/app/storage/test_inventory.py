"""What the chain, the workspace and people want kept stays; nothing is removed on a guess."""

import subprocess
from pathlib import Path

import pytest

from app.storage.inventory import KeepRules
from app.storage.version_objects import keep_version, version_objects
from eval.ledger.ledger import Link
from pipeline.errors import LedgerError, PrerequisiteError, ReceiptError, VersionError, WinnowError
from tests.fakes import MemoryLedger
from tests.support.garbage import Trial
from tests.support.project import environment


def test_versions_are_kept_by_name_by_age_and_as_challenger(trial: Trial) -> None:
    assert not trial.collection(KeepRules((trial.tried.id[:8],))).find().cache.digests
    assert not trial.collection(KeepRules(last=4)).find().cache.digests
    trial.ledger.point("challenger", trial.tried.id)
    assert not trial.collection().find().cache.digests
    with pytest.raises(VersionError, match="no Version begins with 'ffffffff'"):
        trial.collection(KeepRules(("ffffffff",))).find()


def test_branches_tags_and_experiments_keep_what_they_name(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    root.mkdir()
    run = lambda *words: subprocess.run(  # noqa: E731
        words, cwd=root, check=True, env=environment(), capture_output=True
    )
    run("git", "init", "--quiet", "--initial-branch", "main")
    trial = Trial(root, git=True)
    stored, tagged = trial.stored, trial.stored.version("tagged")
    trial.ledger.add(tagged.record)
    for version, ref in ((trial.tried, "branch"), (tagged, "tag"), (trial.built, None)):
        stored.lock(version)
        run("git", "add", "--force", "dvc.lock", "dvc.yaml", ".dvc/config")
        run("git", "commit", "--quiet", "--message", version.id)
        if ref is not None:
            run("git", ref, f"a-{ref}")
    assert trial.collection().find().cache.versions == {trial.tried.id, tagged.id}
    assert trial.collection(KeepRules(branches=True)).find().cache.versions == {tagged.id}
    assert trial.collection(KeepRules(tags=True)).find().cache.versions == {trial.tried.id}
    run("git", "update-ref", f"refs/exps/ab/{'c' * 38}/one", "a-branch")
    both = KeepRules(tags=True, experiments=True)
    assert not trial.collection(both).find().cache.digests
    # A promotion keeps its Version by a tag before the chain names it.
    keep_version(stored.workspace, version_objects(stored.workspace, tagged.id))
    assert trial.collection().find().cache.versions == {trial.tried.id}


def test_branches_need_git(trial: Trial) -> None:
    with pytest.raises(PrerequisiteError, match="is in no git repository"):
        trial.collect(KeepRules(branches=True))


def test_a_pipeline_that_cannot_be_read_removes_nothing(trial: Trial) -> None:
    before = trial.objects
    (trial.stored.workspace.root / "dvc.lock").write_text("schema: '2.0'\nstages: {package: [")
    with pytest.raises(WinnowError, match=r"DVC cannot read what is in use: .*dvc\.lock"):
        trial.collect()
    assert trial.objects == before


def test_a_ledger_that_says_nothing_removes_nothing(trial: Trial) -> None:
    before = trial.objects
    trial.ledger.fault = LedgerError("the ledger is away")
    with pytest.raises(LedgerError, match="away"):
        trial.collect()
    trial.ledger.fault = None
    link = Link("0" * 64, trial.tried.id)
    trial.ledger.append(link, trial.ledger.chain()[-1].receipt, {})
    with pytest.raises(ReceiptError, match="winnow doctor --repair"):
        trial.collect()
    trial.ledger = MemoryLedger()
    with pytest.raises(PrerequisiteError, match="MLFLOW_TRACKING_URI"):
        trial.collect()
    assert trial.objects == before
