from dataclasses import replace

from rich.console import Console

from app.gate_report.report import GateReport
from app.gate_report.report_making import make_report
from app.gate_report.verdict_table import verdict_text
from tests.app.gate_report.sample_verdict import (
    BASELINE,
    CANDIDATE,
    CASES,
    first_release,
    sample,
    verdict,
)


def printed(report: GateReport, width: int = 80) -> str:
    console = Console(width=width, highlight=False, color_system=None)
    with console.capture() as capture:
        console.print(verdict_text(report))
    return capture.get()


def test_it_fits_80_columns_and_ends_with_the_outcome() -> None:
    text = printed(sample())
    assert all(len(line) <= 80 for line in text.splitlines())
    assert text.startswith("candidate 1111111111 against 0000000000 (champion)\n")
    assert text.endswith("context_recall, 1.000 to 0.667.\nFAIL\n")


def test_each_rule_is_a_row_with_what_it_allows() -> None:
    rows = {tuple(line.split()) for line in printed(sample()).splitlines()}
    assert ("ok", "context_recall", "–", "0.667", "–", "≥", "0.500") in rows
    failed = [row for row in rows if row[:3] == ("not", "met", "context_recall")]
    assert [(row[3], row[4], row[5], row[-1]) for row in failed] == [
        ("1.000", "0.667", "-0.333", "-0.050")
    ]


def test_it_says_what_was_lost_where_and_what_could_not_be_scored() -> None:
    text = printed(sample(), 200)
    assert "context_recall was lost at chunk (20 Cases)" in text
    assert "30 chunks kept, 12 added, 7 removed; 20 of 60 Cases can have changed" in text
    assert "1 Case without a score (candidate: the model is away): c059" in text
    assert "1 quote not found in the Documents: c009: gone.md" in text


def test_why_a_side_was_scored_again_stands_in_a_line() -> None:
    again = replace(BASELINE, scored="answered and scored again here, as the engine changed")
    text = printed(make_report(verdict(), CANDIDATE, again, CASES), 200)
    assert "\nbaseline: answered and scored again here, as the engine changed\n" in text


def test_nothing_in_a_question_steers_the_terminal() -> None:
    report = sample()
    worst = report.changes[0].model_copy(update={"question": "red? \x1b[31m [bold]x[/bold]"})
    text = printed(report.model_copy(update={"changes": (worst, *report.changes[1:])}))
    assert "\x1b" not in text
    assert "[bold]x[/bold]" in text


def test_a_first_release_shows_floors_alone() -> None:
    text = printed(first_release())
    assert "before" not in text
    assert text.endswith("there was nothing to compare with.\nPASS\n")
