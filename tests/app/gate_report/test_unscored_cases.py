from app.gate_report.unscored_cases import unscored_cases
from app.measured_version import MeasuredVersion
from eval.score import Score
from tests.app.gate_report.sample_verdict import BASELINE, CASES, verdict

RECALL = "context_recall"


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
