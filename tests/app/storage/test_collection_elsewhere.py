"""A remote and a shared cache lose what this ledger knows alone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.storage.remote import DvcRemote, open_remote
from app.storage.version_objects import version_objects
from pipeline.errors import PrerequisiteError
from pipeline.versions.store import VersionStore
from tests.support.garbage import Trial, verified
from tests.support.stored_versions import StoredVersions


@contextmanager
def remote_of(trial: Trial, folder: Path) -> Iterator[DvcRemote]:
    workspace = trial.stored.workspace
    with (workspace.root / ".dvc" / "config").open("a") as config:
        config.write(f"    remote = far\n['remote \"far\"']\n    url = {folder}\n")
    with open_remote(workspace) as remote:
        assert remote is not None
        yield remote


def test_the_remote_loses_what_this_ledger_knows_alone(trial: Trial, tmp_path: Path) -> None:
    other = StoredVersions(tmp_path / "other")
    theirs = other.version("theirs")
    with remote_of(trial, tmp_path / "far") as remote:
        for version in (trial.first, trial.champion, trial.built, trial.tried):
            remote.upload(version_objects(trial.stored.workspace, version.id).digests)
        shutil.copytree(
            other.workspace.cache / "files", tmp_path / "far" / "files", dirs_exist_ok=True
        )
        collection = trial.collection(remote=remote)
        gone = collection.remove(collection.find())
        assert gone.remote.versions == {trial.tried.id}
        far = VersionStore(tmp_path / "far")
        for version in (trial.first, trial.champion, trial.built, theirs):
            assert far.files(version.id)
            assert all(far.files(folder) for folder in version.outputs.values())
        assert far.files(theirs.scorecard)
        assert not far.holds(trial.tried.id)
        assert not far.holds(trial.tried.outputs["embed"])


def test_only_the_remote_knows_a_champion(trial: Trial, tmp_path: Path) -> None:
    with remote_of(trial, tmp_path / "far") as remote:
        for version in (trial.first, trial.champion, trial.tried):
            remote.upload(version_objects(trial.stored.workspace, version.id).digests)
        for folder in (trial.champion.id, *trial.champion.outputs.values()):
            trial.stored.object(folder).unlink()
        collection = trial.collection(remote=remote)
        collection.remove(collection.find())
        far = VersionStore(tmp_path / "far")
        for folder in (trial.champion.id, *trial.champion.outputs.values()):
            assert far.files(folder)


def test_only_the_remote_holds_what_a_fresh_clone_names(trial: Trial, tmp_path: Path) -> None:
    with remote_of(trial, tmp_path / "far") as remote:
        for version in (trial.built, trial.tried):
            remote.upload(version_objects(trial.stored.workspace, version.id).digests)
        shutil.rmtree(trial.stored.workspace.cache)
        collection = trial.collection(remote=remote)
        assert collection.remove(collection.find()).remote.versions == {trial.tried.id}
        assert VersionStore(tmp_path / "far").files(trial.built.id)


def test_a_remote_with_receipts_of_another_ledger_is_left_alone(
    trial: Trial, tmp_path: Path
) -> None:
    with remote_of(trial, tmp_path / "far") as remote:
        remote.upload(version_objects(trial.stored.workspace, trial.tried.id).digests)
        own = trial.ledger.chain()[0].receipt
        remote.write(f"receipts/{own}.json", b"{}")
        assert trial.collection(remote=remote).find().remote.digests
        remote.write(f"receipts/{'9' * 64}.json", b"{}")
        with pytest.raises(PrerequisiteError, match="MLFLOW_TRACKING_URI"):
            trial.collection(remote=remote).find()


def test_a_shared_cache_loses_no_version_of_another_ledger(trial: Trial) -> None:
    unknown = trial.stored.version("unknown")
    gone = trial.collect(shared=True)
    assert gone.cache.versions == {trial.tried.id}
    verified(trial, unknown)
    assert trial.collect().cache.versions == {unknown.id}
