"""ScoredVersion: one row a Version, and what sets it apart."""

from dataclasses import replace

from app.workbench.scored_version import metric_names, scored_versions
from tests.app.workbench.sample_library import record, version_id

SMALL = record("small", 120, 0, 0.81)
LARGE = record("large", 400, 1, 0.77, **{"retrieval.top_k": 4, "new.key": 1})


def test_the_reference_comes_first_and_shows_all_that_varies() -> None:
    small, large = scored_versions([LARGE, SMALL], None)
    assert small.reference
    assert not small.champion
    assert {each.name: each.value for each in small.differing} == {
        "chunk.size": "120",
        "retrieval.top_k": "6",
        "new.key": "not set",
    }
    assert {(each.name, each.value, each.reference) for each in large.differing} == {
        ("chunk.size", "400", "120"),
        ("retrieval.top_k", "4", "6"),
        ("new.key", "1", "not set"),
    }


def test_the_champion_is_the_reference() -> None:
    rows = scored_versions([LARGE, SMALL], version_id("large"))
    assert [(each.id, each.champion) for each in rows] == [
        (version_id("large"), True),
        (version_id("small"), False),
    ]


def test_other_documents_or_code_are_a_difference_too() -> None:
    card = SMALL.scorecard.model_copy(
        update={"version": version_id("other"), "corpus": "d" * 32, "engine": "f" * 32}
    )
    rows = scored_versions([replace(SMALL, run="other", scorecard=card), SMALL], None)
    assert {each.name for each in rows[1].differing} == {"documents", "engine"}


def test_a_version_scored_twice_is_one_row_with_its_newest_scores() -> None:
    newer = replace(record("small", 120, 5, 0.9), run="later")
    (row,) = scored_versions([newer, SMALL], None)
    assert row.record is newer
    assert row.earlier == 1


def test_scores_on_other_cases_are_not_comparable() -> None:
    cases = SMALL.scorecard.cases.model_copy(update={"hash": "0" * 32})
    other = replace(SMALL, scorecard=SMALL.scorecard.model_copy(update={"cases": cases}))
    rows = {each.id: each.comparable for each in scored_versions([LARGE, other], None)}
    assert rows == {version_id("large"): True, version_id("small"): False}


def test_leading_metrics_come_in_a_steady_order_and_none_is_lost() -> None:
    leading, further = metric_names(scored_versions([LARGE, SMALL], None))
    assert leading[:3] == ["context_recall", "context_precision", "ndcg"]
    assert set(leading) | set(further) == set(SMALL.scorecard.metrics)
    assert not set(leading) & set(further)


def test_no_records_are_no_rows() -> None:
    assert scored_versions([], None) == []
    assert metric_names([]) == ([], [])
