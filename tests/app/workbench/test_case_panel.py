"""Case panel: what a Case expects, and how the Versions scored on it."""

import re

from app.workbench.case_panel import case_panel
from eval.score import Score
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
