from dataclasses import replace

from app.gate_report.headline import headline, meaning, title
from eval.gate import judge_candidate
from eval.verdict import Finding, Verdict
from tests.app.gate_report.sample_verdict import CANDIDATE, CASES, PARAMS, verdict

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
