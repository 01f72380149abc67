import json

from app.gate_report.report import GateReport
from app.gate_report.report_making import make_report, shown_cases
from tests.app.gate_report.sample_verdict import (
    BASELINE,
    CANDIDATE,
    CASES,
    COUNT,
    NEW,
    OLD,
    first_release,
    sample,
    verdict,
)

REPORT = sample()


def test_it_says_who_was_compared_and_in_what_they_differ() -> None:
    assert (REPORT.candidate.version, REPORT.asked_by) == (NEW, "champion")
    assert REPORT.baseline is not None
    assert REPORT.baseline.version == OLD
    [setting] = REPORT.settings
    assert (setting.name, setting.baseline, setting.candidate) == ("chunk.size", 150, 60)
    assert REPORT.exit_code == 1


def test_cases_are_sorted_by_what_they_lost_and_the_worst_have_answers() -> None:
    sums = [each.difference for each in REPORT.changes]
    assert sums == sorted(sums)
    assert sums[0] == -1.5
    assert len(REPORT.lost) + len(REPORT.won) == len(REPORT.changes) == COUNT
    assert REPORT.won[0].difference == max(sums)
    assert all(each.baseline and each.candidate for each in REPORT.lost)
    assert not any(each.baseline or each.candidate for each in REPORT.won)


def test_a_case_that_lost_names_the_stage() -> None:
    worst = REPORT.changes[0]
    assert worst.stage == "chunk"
    [recall] = [each for each in worst.changes if each.metric == "context_recall"]
    assert [(step.stage, step.score) for step in recall.path] == [
        ("baseline", 1.0), ("ingest", 1.0), ("chunk", 0.0),
    ]  # fmt: skip
    assert [(each.metric, each.stage, each.cases) for each in REPORT.blame] == [
        ("context_recall", "chunk", 20)
    ]


def test_failed_and_orphaned_cases_are_shown() -> None:
    [gap] = REPORT.unscored
    assert (gap.side, gap.reason, gap.cases) == ("candidate", "the model is away", ("c059",))
    assert REPORT.case_set.orphans == ("c009: gone.md",)


def test_an_answer_that_raised_keeps_its_reason() -> None:
    [case] = [each for each in REPORT.changes if each.id == "c001"]
    assert case.candidate is not None
    assert case.candidate.error == "the model is away"


def test_without_answers_the_cases_are_shown_all_the_same() -> None:
    found = make_report(verdict(), CANDIDATE, BASELINE, CASES)
    assert len(found.changes) == COUNT
    assert all(each.baseline is None for each in found.changes)
    assert (found.index, found.blame) == (None, ())
    assert len(shown_cases(verdict())) == len(found.lost)


def test_a_first_release_has_nothing_to_compare() -> None:
    report = first_release()
    assert (report.baseline, report.settings, report.changes) == (None, (), ())
    assert report.outcome == "pass"


def test_it_survives_json_and_takes_no_other_key() -> None:
    text = json.dumps(REPORT.model_dump(mode="json"), allow_nan=False)
    assert GateReport.model_validate_json(text) == REPORT
    assert json.loads(text)["format"] == 1
