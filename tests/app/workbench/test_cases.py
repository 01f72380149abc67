"""Cases in the workbench: the panel of one, and how one is picked."""

import re

from app.workbench.cases import ALL, case_panel, choices, filters, narrowed, neighbour
from eval.scores.scorecard import Score
from tests.app.workbench.sample_library import CASES, scores

RETURNS, PRICE, ATTACK = CASES


def test_it_shows_reference_evidence_and_a_column_of_scores_for_each_letter() -> None:
    html = case_panel(RETURNS, {"A": scores(0.81), "B": scores(0.5)[:0]})
    assert "30 days from delivery; the day of delivery is not counted." in html
    assert "policies/returns-2025.md" in html
    assert "may send goods back without giving a reason" in html
    row = re.search(r"context recall</th>(.*?)</tr>", html, re.S)
    assert row is not None
    assert re.findall(r">([\d.]+|–)<", row[1]) == ["0.810", "–"]


def test_a_failed_score_shows_its_reason() -> None:
    assert "the encoder was stopped" in case_panel(RETURNS, {"A": scores(0.8)})


def test_a_metric_that_applies_in_no_version_is_left_out() -> None:
    assert "abstention" not in case_panel(RETURNS, {"A": scores(0.8)[:4], "B": scores(0.8)[:4]})
    mixed = [Score.of("returns-01", "abstention_right", 1.0)]
    html = case_panel(RETURNS, {"A": scores(0.8)[:4], "B": mixed})
    assert "abstention right" in html
    assert "n/a" in html


def test_an_unanswerable_case_says_that_abstaining_is_right() -> None:
    html = case_panel(PRICE, {})
    assert "cannot be answered" in html
    assert "The right answer is to abstain" in html


def test_a_case_that_was_not_scored_and_scores_that_cannot_be_read_are_said() -> None:
    assert "not among those" in case_panel(RETURNS, {"A": []})
    assert "MLflow is away" in case_panel(RETURNS, {}, {"A": "MLflow is away"})


def test_a_case_cannot_inject_markup() -> None:
    html = case_panel(ATTACK, {"A": [Score.failed("attack-01", "<script>", "<img src=x>")]})
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>bold" not in html
    assert "<i>x" not in html


def test_filters_count_what_remains() -> None:
    assert filters(CASES)[:3] == [
        ("All Cases (3)", ALL),
        ("answerable (2)", "answerable"),
        ("unanswerable (1)", "unanswerable"),
    ]
    assert ("policy (1)", "tag:policy") in filters(CASES)


def test_every_filter_leaves_as_many_cases_as_it_says() -> None:
    for label, value in filters(CASES):
        assert label.endswith(f"({len(narrowed(CASES, value))})")
    assert narrowed(CASES, None) == list(CASES)


def test_a_choice_holds_question_and_id() -> None:
    label, value = choices(CASES)[0]
    assert RETURNS.question in label
    assert "returns-01" in label
    assert value == "returns-01"


def test_stepping_goes_round() -> None:
    first, second, last = CASES
    assert neighbour(CASES, None, 1) is first
    assert neighbour(CASES, None, -1) is last
    assert neighbour(CASES, first.id, 1) is second
    assert neighbour(CASES, last.id, 1) is first
    assert neighbour((), None, 1) is None
