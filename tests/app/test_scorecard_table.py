"""Scorecards in the terminal: readable at 80 columns, whatever failed."""

import io

from rich.console import Console
from rich.table import Table

from app.scorecard_table import differing_settings, interval, mean, scorecard_table, versions_table
from eval.scorecard import CaseSet
from tests.app.workbench.sample_library import record, summary, version_id


def shown(table: Table, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_metric_a_row_with_what_failed() -> None:
    card = record("broken", 200, 0, 0.81).scorecard
    rows = [
        [cell for cell in line.split() if cell != "│"]
        for line in shown(scorecard_table(card)).splitlines()
        if line.startswith("│")
    ]
    assert ["semantic_similarity", "0.655", "0.595..0.710", "82", "2"] in rows
    assert [row[0] for row in rows] == list(card.metrics)


def test_a_metric_that_is_better_when_lower_says_so() -> None:
    card = record("small", 120, 0, 0.8).scorecard
    card = card.model_copy(
        update={"metrics": {"abstention_wrong": summary(0.1, higher_is_better=False)}}
    )
    assert "abstention_wrong ↓" in shown(scorecard_table(card))


def test_what_was_not_scored_is_a_dash_and_never_a_number() -> None:
    nothing = summary(0.5, mean=None, low=None, high=None, scored=0, failed={"no key": 84})
    assert mean(nothing) == "–"
    assert interval(nothing) == "–"


def test_quotes_that_were_not_found_are_counted() -> None:
    card = record("small", 120, 0, 0.8).scorecard
    card = card.model_copy(update={"cases": CaseSet(hash="f" * 32, count=84, orphans=("a: b",))})
    assert "1 quote not found: see `winnow cases check`" in shown(scorecard_table(card))
    assert "84 cases" in shown(scorecard_table(card))


def test_versions_show_what_they_differ_in_alone() -> None:
    records = [record("large", 400, 1, 0.77), record("small", 120, 0, 0.81)]
    text = shown(versions_table(records, version_id("small")))
    assert "chunk.size=400" in text
    assert "chunk.method" not in text
    [small] = [line for line in text.splitlines() if version_id("small")[:10] in line]
    assert "★" in small
    assert "0.810" in small
    assert all(len(line) <= 80 for line in text.splitlines())


def test_without_a_champion_no_star_is_explained() -> None:
    assert "★" not in shown(versions_table([record("small", 120, 0, 0.81)], None))


def test_a_setting_that_only_one_has_differs() -> None:
    cards = [record("small", 120, 0, 0.8).scorecard]
    assert differing_settings(cards) == []
    cards.append(record("small", 120, 0, 0.8, **{"retrieval.boost": 2}).scorecard)
    assert differing_settings(cards) == ["retrieval.boost"]
