"""The table of Versions: what differs, the scores, the order and the choice."""

from dataclasses import replace

from app.workbench.versions import (
    Order,
    ScoredVersion,
    first_choice,
    lettered,
    metric_names,
    scored_versions,
    version_table,
)
from eval.scores.scorecard import SpendingByPart, Spent
from tests.app.workbench.sample_library import ATTACK, record, summary, version_id

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


def rows(*names: str, champion: str | None = None) -> list[ScoredVersion]:
    sizes = {"small": 120, "large": 400}
    records = [
        record(name, sizes.get(name, 200), day, 0.8 - day / 10) for day, name in enumerate(names)
    ]
    return scored_versions(records[::-1], version_id(champion) if champion else None)


def test_it_shows_mean_interval_settings_experiment_and_champion() -> None:
    html = version_table(rows("small", "large", champion="small"), {})
    for text in ("0.800", "0.740–0.855", "chunk.size", "large-chunks", "champion", "84 cases"):
        assert text in html
    assert "Choose two to four to compare" in html


def test_gaps_are_shown_with_their_reasons() -> None:
    html = version_table(rows("small", "broken"), {})
    assert "82 scored, 2 failed" in html
    assert "2 × the reference answer is empty" in html


def test_a_metric_without_any_score_has_no_number() -> None:
    one = record("small", 120, 0, 0.8)
    none = summary(0.5, mean=None, low=None, high=None, scored=0, failed={"no encoder": 84})
    card = one.scorecard.model_copy(update={"metrics": {"token_f1": none}})
    html = version_table(scored_versions([replace(one, scorecard=card)], None), {})
    assert "no score" in html
    assert "84 × no encoder" in html


def test_a_metric_where_less_is_better_says_so() -> None:
    one = record("small", 120, 0, 0.8)
    wrong = summary(0.1, higher_is_better=False)
    card = one.scorecard.model_copy(update={"metrics": {"abstention_wrong": wrong}})
    html = version_table(scored_versions([replace(one, scorecard=card)], None), {})
    assert "lower is better" in html


def test_chosen_rows_carry_their_letter_and_a_fifth_cannot_be_chosen() -> None:
    versions = rows("small", "large", "broken", "hostile", "fifth")
    html = version_table(versions, lettered([each.id for each in versions[:4]]))
    assert html.count(" checked") == 4
    assert html.count(" disabled") == 1
    assert "4 chosen, the most at once" in html


def test_letters_stay_with_their_versions() -> None:
    before = lettered(["x", "y", "z"])
    assert before == {"x": "A", "y": "B", "z": "C"}
    assert lettered(["y", "z"], before) == {"y": "B", "z": "C"}
    assert lettered(["y", "z", "w"], {"y": "B", "z": "C"}) == {"y": "B", "z": "C", "w": "A"}


def test_the_champion_and_the_newest_other_are_chosen_first() -> None:
    versions = rows("small", "large", "broken", champion="small")
    assert first_choice(versions) == (version_id("small"), version_id("broken"))
    assert first_choice(rows("small")) == (version_id("small"),)


def test_order_by_a_metric_turns_round_and_keeps_missing_values_last() -> None:
    versions = rows("small", "large")
    order = Order("context_recall")
    assert [each.id for each in order.apply(versions)] == [version_id("small"), version_id("large")]
    turned = order.turned_to("context_recall")
    assert [each.id for each in turned.apply(versions)][0] == version_id("large")
    assert Order("unknown").apply(versions) == versions
    assert 'aria-sort="ascending"' in version_table(versions, {}, turned)


def test_an_experiment_cannot_inject_markup() -> None:
    one = record("small", 120, 0, 0.8, **{ATTACK: ATTACK})
    two = replace(record("large", 400, 1, 0.7), tags={"experiment": ATTACK})
    html = version_table(scored_versions([two, one], None), {})
    assert "<script" not in html
    assert "<img" not in html


def test_tokens_and_cost_are_shown_where_a_model_was_asked() -> None:
    one = record("writer", 120, 0, 0.8)
    spending = SpendingByPart(answer=Spent(tokens=40_000, cost=0.03))
    card = one.scorecard.model_copy(update={"spending": spending})
    html = version_table(scored_versions([replace(one, scorecard=card)], None), {})
    assert "40 k tokens, $0.0300" in html
    assert "answering took" in html
    assert "tokens" not in version_table(scored_versions([one], None), {})


def test_another_prompt_is_a_difference() -> None:
    versions = [
        record(name, 120, day, 0.8, **{"generation.prompt": prompt})
        for day, (name, prompt) in enumerate({"writer": "cited", "crowded": "short"}.items())
    ]
    html = version_table(scored_versions(versions[::-1], None), {})
    assert "<span>generation.prompt</span> <b>short</b>" in html
