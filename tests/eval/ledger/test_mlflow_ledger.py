import shutil
from pathlib import Path

import pytest

from eval.ledger.ledger import NewRecord
from eval.ledger.mlflow_ledger import (
    PARAM_LENGTH,
    MlflowLedger,
    ledger_at,
    metrics_of,
    origin_of,
    params_of,
    safe_name,
    tags_of,
    unpack_scorecard,
)
from eval.scores.scorecard import SpendingByPart, Spent
from pipeline.errors import LedgerError, ReceiptError
from tests.support.gates import ONE, TWO, make_record, make_scorecard
from tests.support.mlflow import all_runs, client_of


def test_a_ledger_nobody_wrote_to_is_empty_and_stays_unmade(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "project", {})
    assert ledger.records() == []
    assert ledger.champion() is None
    assert (ledger.chain(), ledger.attachments(), ledger.aliases()) == ((), (), {})
    with pytest.raises(ReceiptError):
        ledger.attachment("receipts/x.json")
    assert not (tmp_path / "project").exists()


def test_what_was_recorded_comes_back_whole(ledger: MlflowLedger, tmp_path: Path) -> None:
    new = make_record(tmp_path)
    run = ledger.record(new)
    [record] = ledger_at(tmp_path / "project", {}).records()
    assert record.run == run
    assert record.scorecard == new.scorecard
    assert record.measurements == new.measurements
    assert record.tags == new.tags
    assert [score.status for score in ledger.scores(record)] == [
        "scored",
        "scored",
        "not_applicable",
        "failed",
    ]


def test_a_run_shows_settings_metrics_files_and_origin_in_mlflow(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    ledger.record(make_record(tmp_path))
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
    first = ledger.record(make_record(tmp_path))
    assert ledger_at(tmp_path / "project", {}).record(make_record(tmp_path)) == first
    assert len(all_runs(tmp_path / "project")) == 1


def test_of_two_runs_with_one_key_the_oldest_complete_one_counts(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    """As two processes leave them that record at once over HTTP."""
    new = make_record(tmp_path)
    run = ledger.record(new)
    client = client_of(tmp_path / "project")
    original = client.get_run(run)
    tags = {name: each for name, each in original.data.tags.items() if name.startswith("winnow.")}
    experiment, start = original.info.experiment_id, original.info.start_time
    client.create_run(experiment, start_time=start + 1000, tags=tags)
    unfinished = {"winnow.key": tags["winnow.key"]}
    client.create_run(experiment, start_time=start - 1000, tags=unfinished)
    assert [each.run for each in ledger.records()] == [run]
    assert ledger.record(new) == run


def test_each_version_is_registered_once_and_newest_stands_first(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    ledger.record(make_record(tmp_path, make_scorecard(ONE)))
    again = make_scorecard(ONE).model_copy(update={"judge": "another"})
    ledger.record(make_record(tmp_path, again))
    ledger.record(make_record(tmp_path, make_scorecard(TWO)))
    assert [record.scorecard.version for record in ledger.records()] == [TWO, ONE, ONE]
    versions = client_of(tmp_path / "project").search_model_versions("name = 'winnow'")
    assert sorted(version.tags["version"] for version in versions) == [ONE, TWO]
    assert all(str(version.source).startswith(f"runs:/{version.run_id}/") for version in versions)


def test_a_model_version_says_what_its_newest_scorecard_was_measured_on(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    ledger.record(make_record(tmp_path))
    [version] = client_of(tmp_path / "project").search_model_versions("name = 'winnow'")
    assert version.tags == {
        "version": ONE,
        "engine": "e" * 32,
        "baseline": "f" * 40,
        "dirty": "false",
        "remote": "s3://bucket/winnow",
        "corpus": "c" * 32,
        "cases": "a" * 32,
    }
    again = make_scorecard().model_copy(update={"engine": "another", "corpus": "other"})
    ledger.record(make_record(tmp_path, again))
    [version] = client_of(tmp_path / "project").search_model_versions("name = 'winnow'")
    assert (version.tags["engine"], version.tags["corpus"]) == ("another", "other")
    assert version.tags["version"] == ONE


def test_a_model_version_that_was_removed_is_made_again_for_its_alias(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    ledger.record(make_record(tmp_path))
    client_of(tmp_path / "project").delete_registered_model("winnow")
    ledger.point("champion", ONE)
    assert ledger.aliases() == {"champion": ONE}
    [version] = client_of(tmp_path / "project").search_model_versions("name = 'winnow'")
    assert version.tags["engine"] == "e" * 32


def test_a_model_version_from_before_there_were_tags_gets_them_with_its_alias(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    ledger.record(make_record(tmp_path))
    client = client_of(tmp_path / "project")
    client.delete_model_version_tag("winnow", "1", "remote")
    ledger.point("champion", ONE)
    assert client.get_model_version("winnow", "1").tags["remote"] == "s3://bucket/winnow"


def test_an_alias_of_a_model_version_that_winnow_did_not_record_names_nothing(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    ledger.record(make_record(tmp_path))
    client = client_of(tmp_path / "project")
    client.delete_model_version_tag("winnow", "1", "version")
    client.set_registered_model_alias("winnow", "someone", "1")
    assert ledger.aliases() == {"someone": ""}


def test_a_record_that_lost_its_scores_says_how_to_make_them_again(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    run = ledger.record(make_record(tmp_path))
    folder = tmp_path / "project" / ".winnow" / "mlartifacts" / run / "artifacts"
    (folder / "scores.parquet").unlink()
    with pytest.raises(LedgerError, match=f"mlflow runs delete --run-id {run}`, then `winnow run`"):
        ledger.scores(ledger.records()[0])


def test_a_moved_project_keeps_its_scores_and_goes_on(ledger: MlflowLedger, tmp_path: Path) -> None:
    ledger.record(make_record(tmp_path))
    moved = tmp_path / "a b%20?#é"
    shutil.move(tmp_path / "project", moved)
    ledger = ledger_at(moved, {})
    ledger.record(make_record(tmp_path, make_scorecard(TWO)))
    assert [len(ledger.scores(record)) for record in ledger.records()] == [4, 4]
    assert not (tmp_path / "project").exists()


def test_many_settings_and_tags_fit(ledger: MlflowLedger, tmp_path: Path) -> None:
    metrics = make_scorecard().metrics
    card = make_scorecard().model_copy(
        update={
            "settings": {f"section.key{n}": "v" * 700 + str(n) for n in range(150)},
            "tags": {f"tag-{n}": metrics for n in range(200)},
        }
    )
    ledger.record(make_record(tmp_path, card))
    assert ledger.records()[0].scorecard == card
    [run] = all_runs(tmp_path / "project")
    assert len(run.data.params) == 150
    assert len(set(run.data.params.values())) == 150


def test_long_values_stay_apart() -> None:
    long = "x" * 2000
    params = params_of({"a": long + "1", "b": long + "2", "c": "x" * PARAM_LENGTH})
    assert {len(value) for value in params.values()} == {PARAM_LENGTH}
    assert len(set(params.values())) == 3
    assert params["a"].startswith("xxx")
    assert "... sha256:" in params["a"]
    assert "sha256" not in params["c"]


def test_numbers_and_booleans_read_as_in_params_yaml() -> None:
    assert params_of({"a": 0.15, "b": True, "c": 7}) == {"a": "0.15", "b": "true", "c": "7"}


def test_a_metric_that_failed_everywhere_has_no_mean() -> None:
    assert {name for name in metrics_of(make_scorecard()) if name.startswith("rouge_l")} == {
        "rouge_l.coverage",
        "rouge_l.failed",
    }


def test_what_was_spent_is_a_metric_unless_it_is_not_known() -> None:
    spending = SpendingByPart(answer=Spent(tokens=70, cost=None), judge=Spent(tokens=9, cost=0.5))
    card = make_scorecard().model_copy(update={"spending": spending})
    spent = {name: value for name, value in metrics_of(card).items() if "spending" in name}
    assert spent == {
        "spending.answer.tokens": 70.0,
        "spending.judge.tokens": 9.0,
        "spending.judge.cost": 0.5,
    }


def test_names_that_mlflow_refuses_are_replaced() -> None:
    assert safe_name("nDCG@10 (é)") == "nDCG_10 ___"


def test_a_scorecard_is_rebuilt_from_its_tags() -> None:
    card = make_scorecard()
    tags = tags_of(NewRecord(card, {}, tags={"dirty": "true"}))
    assert unpack_scorecard("run", tags) == card
    assert origin_of(tags) == {"dirty": "true"}


@pytest.mark.parametrize("broken", [{"scorecard.0": "%%%"}, {"scorecard": "2"}, {"scorecard": ""}])
def test_broken_tags_name_the_run(broken: dict[str, str]) -> None:
    tags = {**tags_of(NewRecord(make_scorecard(), {})), **broken}
    with pytest.raises(LedgerError, match="run r1 cannot be read"):
        unpack_scorecard("r1", tags)
