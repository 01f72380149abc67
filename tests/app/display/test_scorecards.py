"""Scorecards as tables for the terminal."""

import io
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from app.display.scorecards import (
    differing_settings,
    parts_text,
    scorecard_table,
    total_text,
    versions_table,
)
from eval.scores.scorecard import CaseSet, SpendingByPart, Spent
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
    assert ["answer_alignment", "0.655", "0.595..0.710", "82", "2"] in rows
    assert [row[0] for row in rows] == list(card.metrics)


def test_a_metric_that_is_better_when_lower_says_so() -> None:
    card = record("small", 120, 0, 0.8).scorecard
    card = card.model_copy(
        update={"metrics": {"abstention_wrong": summary(0.1, higher_is_better=False)}}
    )
    assert "abstention_wrong ↓" in shown(scorecard_table(card))


def test_what_was_not_scored_is_a_dash_and_never_a_number() -> None:
    nothing = summary(0.5, mean=None, low=None, high=None, scored=0, failed={"no key": 84})
    card = record("small", 120, 0, 0.8).scorecard
    text = shown(scorecard_table(card.model_copy(update={"metrics": {"token_f1": nothing}})))
    row = next(line for line in text.splitlines() if "token_f1" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["token_f1", "–", "–", "0", "84"]


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


def test_the_challenger_is_marked_beside_the_champion() -> None:
    records = [record("large", 400, 1, 0.77), record("small", 120, 0, 0.81)]
    text = shown(versions_table(records, version_id("small"), version_id("large")))
    [large] = [line for line in text.splitlines() if version_id("large")[:10] in line]
    assert "☆" in large
    assert "★ champion  ☆ challenger" in text
    assert "☆" not in shown(versions_table(records, version_id("small"), "0" * 32 + ".dir"))


def test_a_setting_that_only_one_has_differs() -> None:
    cards = [record("small", 120, 0, 0.8).scorecard]
    assert differing_settings(cards) == []
    cards.append(record("small", 120, 0, 0.8, **{"retrieval.boost": 2}).scorecard)
    assert differing_settings(cards) == ["retrieval.boost"]


SPENT = SpendingByPart(answer=Spent(tokens=40_000, cost=0.03), judge=Spent(tokens=2000, cost=0.01))


def test_what_models_took_is_said_part_by_part() -> None:
    card = record("writer", 120, 0, 0.8).scorecard
    said = shown(scorecard_table(card.model_copy(update={"spending": SPENT})))
    assert "answering took 40 k tokens, $0.0300" in said
    assert "judging took 2 k tokens, $0.0100" in said
    assert "took" not in shown(scorecard_table(card))


def test_what_each_version_took_stands_below_its_id() -> None:
    plain, model = record("small", 120, 0, 0.8), record("writer", 120, 1, 0.8)
    card = model.scorecard.model_copy(update={"spending": SPENT})
    text = shown(versions_table([replace(model, scorecard=card), plain], None))
    assert "42 k tokens" in text
    assert "$0.0400" in text
    assert "groq" in text
    assert "tokens" not in shown(versions_table([plain], None))


def test_nothing_was_spent() -> None:
    assert total_text(SpendingByPart()) == ""
    assert parts_text(SpendingByPart()) == ""


def test_answering_and_judging() -> None:
    both = SpendingByPart(
        answer=Spent(tokens=40_123, cost=0.03), judge=Spent(tokens=21_000, cost=0.0121)
    )
    assert total_text(both) == "61.1 k tokens, $0.0421"
    assert parts_text(both) == (
        "answering took 40.1 k tokens, $0.0300; judging took 21 k tokens, $0.0121"
    )


def test_without_a_price_only_tokens_are_said() -> None:
    own = SpendingByPart(answer=Spent(tokens=1, cost=None))
    assert total_text(own) == "1 token"
    assert parts_text(own) == "answering took 1 token"
