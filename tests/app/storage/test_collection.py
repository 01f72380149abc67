"""What nothing needs goes; every champion that ever was stays whole, whatever else is shared."""

import json
import os
from pathlib import Path

import pytest
from dvc.repo import Repo

from pipeline.errors import PrerequisiteError, VersionError
from pipeline.files import hash_file
from pipeline.versions.store import VersionStore
from tests.support.garbage import Trial, verified
from tests.support.receipts import a_receipt, append
from tests.support.stored_versions import ENCODER

WHOLE = {"package", "ingest", "chunk", "embed", "index", "answer", "score"}


def test_what_was_tried_goes_and_every_champion_stays_whole(trial: Trial) -> None:
    before = trial.collection().find()
    assert trial.stored.held(trial.tried) == WHOLE
    gone = trial.collect()
    assert gone.cache.versions == {trial.tried.id}
    assert gone.cache.digests == before.cache.digests
    for version in (trial.first, trial.champion, trial.built):
        verified(trial, version)
    # Its Documents are the former champion's too.
    assert trial.stored.held(trial.tried) == {"ingest"}
    assert trial.collection().find().cache.digests == frozenset()


def test_what_is_shared_or_was_brought_stays(trial: Trial) -> None:
    trial.collect()
    store = VersionStore(trial.stored.workspace.cache)
    assert store.files(trial.raw)
    assert store.files(trial.stored.store(ENCODER))
    assert trial.stored.object(trial.tried.outputs["ingest"]).is_file()


def test_nothing_is_removed_that_was_not_shown(trial: Trial) -> None:
    collection = trial.collection()
    shown = collection.find()
    later = trial.stored.version("later")
    trial.ledger.add(later.record)
    collection.remove(shown)
    verified(trial, later)
    assert later.id in trial.collection().find().cache.versions


def test_a_version_promoted_meanwhile_stays(trial: Trial) -> None:
    collection = trial.collection()
    shown = collection.find()
    assert trial.tried.id in shown.cache.versions
    last = trial.ledger.chain()[-1]
    receipt = a_receipt(trial.tried.id, number=3, previous=last.receipt)
    receipt = receipt.model_copy(update={"from_": last.version})
    append(trial.ledger, receipt)
    assert not collection.remove(shown).cache.digests
    verified(trial, trial.tried)


def damage(path: Path) -> None:
    path.unlink()
    path.write_bytes(b"[]")


@pytest.mark.parametrize("part", ["listing", "manifest"])
def test_a_champion_that_cannot_be_read_removes_nothing(trial: Trial, part: str) -> None:
    files = VersionStore(trial.stored.workspace.cache).files(trial.champion.id)
    listing = trial.stored.object(trial.champion.id)
    damage(listing if part == "listing" else files["manifest.json"])
    with pytest.raises(VersionError, match=rf"the {part} .*doctor --repair"):
        trial.collect()
    assert trial.stored.held(trial.tried) == WHOLE


def test_a_scorecard_that_names_nothing_stays(trial: Trial) -> None:
    files = VersionStore(trial.stored.workspace.cache).files(trial.tried.scorecard)
    damage(files["scorecard.json"])
    trial.collect()
    assert trial.stored.held(trial.tried) == {"ingest", "score"}


@pytest.mark.slow
def test_dvcs_lock_is_respected(trial: Trial) -> None:
    root = str(trial.stored.workspace.root)
    with Repo(root).lock, pytest.raises(PrerequisiteError, match="a run is at work"):
        trial.collect()


def test_a_stage_at_work_is_not_disturbed(trial: Trial) -> None:
    workspace = trial.stored.workspace
    held = {"read": {}, "write": {str(workspace.root / "data"): {"pid": os.getpid(), "cmd": "dvc"}}}
    (workspace.root / ".dvc" / "tmp" / "rwlock").write_text(json.dumps(held))
    with pytest.raises(PrerequisiteError, match=f"process {os.getpid()}"):
        trial.collect()
    held["write"] = {str(workspace.root / "data"): {"pid": 2**22 + 1, "cmd": "dvc"}}
    (workspace.root / ".dvc" / "tmp" / "rwlock").write_text(json.dumps(held))
    assert trial.collect().cache.versions == {trial.tried.id}


def test_what_the_gate_measured_of_a_version_goes_with_it(trial: Trial) -> None:
    for version in (trial.tried, trial.champion):
        folder = trial.stored.workspace.scratch / "gate" / version.id[:8]
        folder.mkdir(parents=True)
        (folder / "scorecard.json").write_text(json.dumps({"version": version.id}))
    trial.collect()
    kept = [each.name for each in (trial.stored.workspace.scratch / "gate").iterdir()]
    assert kept == [trial.champion.id[:8]]


def test_dvc_forgets_runs_whose_outputs_are_gone(trial: Trial) -> None:
    runs = trial.stored.workspace.cache / "runs" / "ab" / ("ab" * 32)
    alone = runs.with_name("abc") / trial.tried.id
    for folder in (runs, alone.parent):
        folder.mkdir(parents=True)
    alone.write_text(f"cmd: x\nouts:\n- path: d\n  md5: {trial.tried.id}\n")
    for version in (trial.tried, trial.champion):
        entry = (
            f"deps:\n- path: d\n  md5: {trial.tried.id}\nouts:\n- path: v\n  md5: {version.id}\n"
        )
        (runs / version.id).write_text(entry)
    (runs / "broken").write_text(f": md5: {trial.tried.id} [")
    trial.collect()
    assert sorted(each.name for each in runs.iterdir()) == sorted([trial.champion.id, "broken"])
    assert not alone.parent.exists()


def test_sizes_are_those_of_the_files(trial: Trial) -> None:
    found = trial.collection().find()
    for digest in found.cache.digests:
        path = trial.stored.object(digest)
        assert found.sizes[digest] == path.stat().st_size
        assert hash_file(path, "md5") == digest.removesuffix(".dir")
