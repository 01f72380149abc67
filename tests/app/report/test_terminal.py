from dataclasses import replace

import pytest
from rich.console import Console

from app.report.making import make_report
from app.report.report import GateReport
from app.report.terminal import verdict_text
from app.report.words import figure, headline, interval, meaning, signed, title
from eval.gate.gate import judge_candidate
from eval.gate.verdict import Finding, Verdict
from pipeline.errors import counted
from tests.app.report.sample_verdict import (
    BASELINE,
    CANDIDATE,
    CASES,
    PARAMS,
    first_release,
    sample,
    verdict,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (0.0, "0.000"), (1e-15, "0.000"), (0.71449, "0.714"), (58.07, "58.1"),
        (1412.4, "1,412"), (0.00042, "0.00042"), (-0.1402, "-0.140"),
    ],
)  # fmt: skip
def test_a_number_keeps_what_matters_of_it(value: float | None, text: str) -> None:
    assert figure(value) == text


def test_a_difference_has_a_sign_unless_it_is_none() -> None:
    assert [signed(value) for value in (0.02, -0.02, 0.0, None)] == [
        "+0.020",
        "-0.020",
        "0.000",
        "–",
    ]
    assert interval(-0.1, 0.02) == "-0.100 to +0.020"
    assert interval(None, 0.02) == ""


def test_one_case_is_no_plural() -> None:
    assert (counted(1, "Case"), counted(0, "Case")) == ("1 Case", "0 Cases")


FINDINGS = {(each.rule, each.metric): each for each in verdict().findings}
RECALL, F1 = FINDINGS["margin", "context_recall"], FINDINGS["margin", "token_f1"]


def only(*findings: Finding) -> Verdict:
    outcomes = [each.outcome for each in findings]
    worst = next((each for each in ("fail", "inconclusive") if each in outcomes), "pass")
    return replace(verdict(), outcome=worst, findings=findings)  # type: ignore[arg-type]


def test_a_failed_candidate_is_told_by_what_it_lost() -> None:
    said = "1 of 4 rules not met: context_recall, 1.000 to 0.667."
    assert headline(verdict()) == said


def test_what_is_open_is_named_and_what_would_decide_it_is_said() -> None:
    assert headline(only(F1)) == "1 of 1 rule not decided: token_f1, 0.300 to 0.333."
    said = meaning(F1)
    assert said.startswith("60 Cases leave open whether it is worse by more than 0.020. About ")
    assert "The smallest difference that these could have shown is about 0.1" in said


def test_a_pass_says_whether_there_was_something_to_compare_with() -> None:
    floor = FINDINGS["floor", "context_recall"]
    assert headline(only(floor)) == "Shown to be no worse than allowed: the one rule holds."
    first = judge_candidate(CANDIDATE.scorecard, CANDIDATE.scores, None, (), CASES, PARAMS)
    assert headline(first) == "The one floor holds; there was nothing to compare with."


def test_a_rule_that_could_not_be_measured_gives_its_reason() -> None:
    broken = replace(
        RECALL, candidate=None, baseline=None, difference=None, reason="the candidate has no scores"
    )
    assert headline(only(broken)).endswith("context_recall could not be measured.")
    assert meaning(broken) == "the candidate has no scores"


def test_more_than_three_rules_are_counted() -> None:
    assert headline(only(*[RECALL] * 5)).endswith("; and 2 more.")


def test_a_slice_stands_beside_its_metric() -> None:
    assert title(replace(RECALL, slice="french")) == "context_recall [french]"


def test_nothing_asked_shows_nothing() -> None:
    empty = replace(verdict(), outcome="inconclusive", findings=())
    assert headline(empty) == "No rule was asked for, so nothing was shown."


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
