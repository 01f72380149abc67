import json

from app.report.making import given_answer, make_report, shown_cases, unscored_cases
from app.report.report import GateReport
from eval.cases.case import Case, Evidence
from eval.gate.verdict import MeasuredVersion
from eval.scores.scorecard import Score
from tests.app.report.sample_verdict import (
    BASELINE,
    CANDIDATE,
    CASES,
    COUNT,
    NEW,
    OLD,
    QUOTE,
    answer,
    case,
    first_release,
    passage,
    sample,
    verdict,
)

CASE = case(1)
HELD = passage(1, f"Before. {QUOTE} from the day of purchase.")
OTHER = passage(2, "Something else.", start=900)
RECALL = "context_recall"
REPORT = sample()


def test_passages_that_one_side_found_alone_are_marked() -> None:
    both, one = answer("c", "a", HELD, OTHER), answer("c", "a", OTHER)
    old, new = given_answer(CASE, both, one), given_answer(CASE, one, both)
    assert old is not None
    assert new is not None
    assert [each.alone for each in old.passages] == [True, False]
    assert [each.alone for each in new.passages] == [False]


def test_a_passage_that_holds_the_quote_or_half_of_it_is_evidence() -> None:
    half = passage(3, "…ty lasts five years and more", start=2000)
    given = given_answer(CASE, answer("c", "a", HELD, OTHER, half), None)
    assert given is not None
    assert [each.evidence for each in given.passages] == [True, False, True]
    assert not any(each.alone for each in given.passages)


def test_where_the_whole_document_is_evidence_any_passage_of_it_is() -> None:
    whole = Case.model_validate(
        {**CASE.model_dump(), "evidence": [Evidence(document="warranty.md").model_dump()]}
    )
    given = given_answer(whole, answer("c", "a", OTHER, passage(2, "x", "other.md")), None)
    assert given is not None
    assert [each.evidence for each in given.passages] == [True, False]


def test_an_answer_that_is_not_at_hand_is_none() -> None:
    assert given_answer(CASE, None, answer("c", "a", HELD)) is None


def test_the_index_is_told_in_counts() -> None:
    change = REPORT.index
    assert change is not None
    assert (change.kept, change.added, change.removed) == (30, 12, 7)
    assert (change.cases, change.can_change, dict(change.why)) == (60, 20, {"passages": 20})
    assert change.overlap == 0.5
    assert change.documents_changed == ("warranty.md",)


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
    assert (worst.stage, worst.evidence) == ("chunk", (f"warranty.md: “{QUOTE}”",))
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


def test_what_applies_to_neither_side_is_no_gap_but_what_one_lacks_is() -> None:
    findings = [each for each in verdict().findings if each.metric == RECALL]
    own = [
        Score.not_applicable("c000", RECALL, "unanswerable"),
        Score.not_applicable("c001", RECALL, "unanswerable"),
        Score.of("c002", RECALL, 1.0),
        Score.failed("c003", RECALL, "the model is away"),
    ]
    theirs = (
        Score.not_applicable("c000", RECALL, "unanswerable"),
        Score.of("c001", RECALL, 1.0),
        Score.of("c003", RECALL, 1.0),
    )
    baseline = MeasuredVersion(BASELINE.scorecard, theirs)
    gaps = unscored_cases(findings, CASES[:5], own, baseline)
    assert {(each.side, each.reason): each.cases for each in gaps} == {
        ("candidate", "unanswerable"): ("c001",),
        ("candidate", "the model is away"): ("c003",),
        ("baseline", "no score was recorded"): ("c002",),
    }


def test_each_metric_is_counted_once_however_many_rules_look_at_it() -> None:
    findings = [each for each in verdict().findings if each.metric == RECALL] * 3
    gaps = unscored_cases(findings, CASES[:1], [Score.failed("c000", RECALL, "away")], None)
    assert [each.cases for each in gaps] == [("c000",)]
