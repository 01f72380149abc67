import shutil
from pathlib import Path

import pytest

from eval.mlflow_ledger import MlflowLedger, ledger_at
from pipeline.errors import LedgerError
from tests.mlflow_project import all_runs, client_of
from tests.scorecard_folder import ONE, TWO, make_entry, make_scorecard

# MLflow 3.17 uses a loader strategy that SQLAlchemy 2.1 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


def test_a_ledger_nobody_wrote_to_is_empty_and_stays_unmade(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "project", {})
    assert ledger.records() == []
    assert ledger.champion() is None
    assert not (tmp_path / "project").exists()


def test_what_was_recorded_comes_back_whole(ledger: MlflowLedger, tmp_path: Path) -> None:
    entry = make_entry(tmp_path)
    run = ledger.record(entry)
    [record] = ledger_at(tmp_path / "project", {}).records()
    assert record.run == run
    assert record.scorecard == entry.scorecard
    assert record.measurements == entry.measurements
    assert record.tags == entry.tags
    assert [score.status for score in ledger.scores(record)] == [
        "scored",
        "scored",
        "not_applicable",
        "failed",
    ]


def test_a_run_shows_settings_metrics_files_and_origin_in_mlflow(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    ledger.record(make_entry(tmp_path))
    [run] = all_runs(tmp_path / "project")
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "01234567 spicy-rice"
    assert run.data.params["chunk.size"] == "200"
    assert run.data.params["x.flag"] == "true"
    assert run.data.metrics["context_recall"] == 0.75
    assert run.data.metrics["context_recall.low"] == pytest.approx(0.65)
    assert run.data.metrics["rouge_l.failed"] == 3
    assert run.data.metrics["rouge_l.coverage"] == 0
    assert "rouge_l" not in run.data.metrics
    assert run.data.metrics["latency_ms.p95"] == 40
    assert run.data.tags["winnow.version"] == ONE
    assert run.data.tags["winnow.dirty"] == "false"
    client = client_of(tmp_path / "project")
    names = {each.path for each in client.list_artifacts(run.info.run_id)}
    assert names == {"scorecard.json", "scores.parquet", "plots"}


def test_recording_again_adds_nothing(ledger: MlflowLedger, tmp_path: Path) -> None:
    first = ledger.record(make_entry(tmp_path))
    assert ledger_at(tmp_path / "project", {}).record(make_entry(tmp_path)) == first
    assert len(all_runs(tmp_path / "project")) == 1


def test_each_version_is_registered_once_and_newest_stands_first(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    ledger.record(make_entry(tmp_path, make_scorecard(ONE)))
    again = make_scorecard(ONE).model_copy(update={"judge": "another"})
    ledger.record(make_entry(tmp_path, again))
    ledger.record(make_entry(tmp_path, make_scorecard(TWO)))
    assert [record.scorecard.version for record in ledger.records()] == [TWO, ONE, ONE]
    versions = client_of(tmp_path / "project").search_model_versions("name = 'winnow'")
    assert sorted(version.tags["version"] for version in versions) == [ONE, TWO]
    assert all(str(version.source).startswith(f"runs:/{version.run_id}/") for version in versions)


def test_the_champion_is_the_version_that_the_alias_names(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    ledger.record(make_entry(tmp_path, make_scorecard(ONE)))
    ledger.record(make_entry(tmp_path, make_scorecard(TWO)))
    assert ledger.champion() is None
    client_of(tmp_path / "project").set_registered_model_alias("winnow", "champion", "2")
    assert ledger.champion() == TWO


def test_a_champion_that_winnow_did_not_record_is_an_error(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    ledger.record(make_entry(tmp_path))
    client = client_of(tmp_path / "project")
    client.delete_model_version_tag("winnow", "1", "version")
    client.set_registered_model_alias("winnow", "champion", "1")
    with pytest.raises(LedgerError, match="lacks the tag `version`"):
        ledger.champion()


def test_a_moved_project_keeps_its_scores_and_goes_on(ledger: MlflowLedger, tmp_path: Path) -> None:
    ledger.record(make_entry(tmp_path))
    moved = tmp_path / "a b%20?#é"
    shutil.move(tmp_path / "project", moved)
    ledger = ledger_at(moved, {})
    ledger.record(make_entry(tmp_path, make_scorecard(TWO)))
    assert [len(ledger.scores(record)) for record in ledger.records()] == [4, 4]
    assert not (tmp_path / "project").exists()


@pytest.mark.slow
def test_a_folder_with_odd_characters_holds_a_store(tmp_path: Path) -> None:
    root = tmp_path / "a b%20?#é"
    run = ledger_at(root, {}).record(make_entry(tmp_path))
    assert (root / ".winnow" / "mlflow.db").is_file()
    assert len(client_of(root).list_artifacts(run)) == 3


def test_many_settings_and_tags_fit(ledger: MlflowLedger, tmp_path: Path) -> None:
    metrics = make_scorecard().metrics
    card = make_scorecard().model_copy(
        update={
            "settings": {f"section.key{n}": "v" * 700 + str(n) for n in range(150)},
            "tags": {f"tag-{n}": metrics for n in range(200)},
        }
    )
    ledger.record(make_entry(tmp_path, card))
    assert ledger.records()[0].scorecard == card
    [run] = all_runs(tmp_path / "project")
    assert len(run.data.params) == 150
    assert len(set(run.data.params.values())) == 150
