"""The gate: pass, fail, inconclusive, and what happens when something is missing or odd."""

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.gate.gate import floor_findings, judge_candidate
from eval.gate.verdict import Finding, Verdict
from eval.params import GateParams
from eval.scores.scorecard import CaseSet
from pipeline.errors import PrerequisiteError
from tests.support.gates import RECALL, Values, card_of, cases_of, gate_params, scores_of

PAIRS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0.0, 1.0)), min_size=1, max_size=30
)


@pytest.mark.parametrize(("floor", "outcome"), [(0.4, "pass"), (0.5, "pass"), (0.6, "fail")])
def test_a_mean_must_reach_its_floor(floor: float, outcome: str) -> None:
    card = card_of({RECALL: [0.5, 0.5]})
    [finding] = floor_findings(card, gate_params(floors={RECALL: floor}))
    assert (finding.outcome, finding.candidate, finding.limit) == (outcome, 0.5, floor)


def test_where_lower_is_better_the_floor_is_a_ceiling() -> None:
    card = card_of({"noise": [0.5, 0.5]}, lower=("noise",))
    [above] = floor_findings(card, gate_params(floors={"noise": 0.4}))
    assert above.outcome == "fail"
    assert above.reason == "0.5000, at most 0.4 is asked"


@pytest.mark.parametrize(
    ("metric", "column", "said"),
    [
        ("context_recal", [1.0], "did you mean context_recall?"),
        (RECALL, [None, None], "no Case was scored; 2 failed with: the model is away"),
        (RECALL, [1.0, 1.0, None], "only 66.7% of its Cases were scored"),
    ],
)
def test_what_was_not_measured_fails(metric: str, column: list[float | None], said: str) -> None:
    card = card_of({RECALL: column})
    [finding] = floor_findings(card, gate_params(floors={metric: 0.1}))
    assert finding.outcome == "fail"
    assert said in finding.reason


def judge(
    candidate: list[float | None],
    baseline: list[float | None],
    params: GateParams | None = None,
    lower: tuple[str, ...] = (),
    tags: dict[int, str] | None = None,
) -> Verdict:
    return compared({RECALL: candidate}, {RECALL: baseline}, params, lower, tags)


def compared(
    own: Values,
    other: Values,
    params: GateParams | None = None,
    lower: tuple[str, ...] = (),
    tags: dict[int, str] | None = None,
) -> Verdict:
    return judge_candidate(
        card_of(own, lower),
        scores_of(own),
        card_of(other, lower, version="old.dir"),
        scores_of(other),
        cases_of(max(len(column) for side in (own, other) for column in side.values()), tags),
        params or gate_params(),
    )


def only(verdict: Verdict) -> Finding:
    [finding] = verdict.findings
    assert finding.outcome == verdict.outcome
    return finding


def lost(count: int, of: int) -> list[float | None]:
    return [0.0] * count + [1.0] * (of - count)


@pytest.mark.parametrize("cases", [1, 2, 25, 200])
@pytest.mark.parametrize("margin", [0.0, 0.05])
def test_identical_scores_pass_however_few_and_whatever_the_margin(
    cases: int, margin: float
) -> None:
    same: list[float | None] = [0.5] * cases
    finding = only(judge(same, same, gate_params(margins={RECALL: margin})))
    assert finding.outcome == "pass"
    assert finding.reason == f"the same on each of {cases} Cases"
    assert finding.needed is None


def test_a_loss_within_the_margin_passes_once_enough_cases_show_it() -> None:
    finding = only(judge(lost(4, 400), lost(0, 400)))
    assert finding.outcome == "pass"
    assert finding.difference == pytest.approx(-0.01)
    assert finding.low is not None
    assert finding.low > -0.05
    assert finding.paired == 400


def test_a_loss_that_is_shown_fails() -> None:
    finding = only(judge(lost(40, 200), lost(0, 200)))
    assert finding.outcome == "fail"
    assert finding.high is not None
    assert finding.high < 0.0
    assert finding.reason.endswith("over 200 Cases: worse")


def test_too_few_cases_are_inconclusive_and_it_says_how_many_would_decide() -> None:
    finding = only(judge(lost(2, 25), lost(0, 25)))
    assert finding.outcome == "inconclusive"
    assert finding.needed is not None
    assert 50 < finding.needed < 1000
    assert f"about {finding.needed} Cases would decide" in finding.reason
    assert finding.detectable is not None
    assert finding.detectable > 0.08


def test_as_many_cases_as_were_said_decide() -> None:
    first = only(judge(lost(2, 40), lost(0, 40)))
    assert first.needed is not None
    times = -(-first.needed // 40)
    assert only(judge(lost(2, 40) * times, lost(0, 40) * times)).outcome != "inconclusive"


def test_ties_with_a_few_gains_and_losses_are_inconclusive_where_they_could_hide_a_loss() -> None:
    candidate = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, *[1.0] * 34]
    baseline = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, *[1.0] * 34]
    assert only(judge(candidate, baseline)).outcome == "inconclusive"
    assert only(judge(candidate * 10, baseline * 10)).outcome == "pass"


@pytest.mark.parametrize("cases", [1, 2])
def test_one_or_two_cases_that_differ_show_nothing(cases: int) -> None:
    assert only(judge([0.0] * cases, [1.0] * cases)).outcome == "inconclusive"
    assert only(judge([1.0] * cases, [0.0] * cases)).outcome == "inconclusive"


@pytest.mark.parametrize(("change", "outcome"), [(-0.2, "fail"), (0.2, "pass"), (-0.02, "pass")])
def test_a_constant_difference_is_judged_like_any_other(change: float, outcome: str) -> None:
    baseline: list[float | None] = [0.5] * 200
    assert only(judge([0.5 + change] * 200, baseline)).outcome == outcome


def test_a_margin_of_zero_asks_for_a_gain_that_is_shown() -> None:
    strict = gate_params(margins={RECALL: 0.0})
    assert only(judge(lost(0, 100), lost(20, 100), strict)).outcome == "pass"
    assert only(judge(lost(0, 100), lost(1, 100), strict)).outcome == "inconclusive"


def test_lower_is_better_turns_the_judgement_and_keeps_the_sign() -> None:
    finding = only(judge(lost(0, 200), lost(40, 200), lower=(RECALL,)))
    assert finding.outcome == "fail"
    assert finding.difference == pytest.approx(0.2)
    assert finding.low is not None
    assert finding.low > 0.0
    assert only(judge(lost(40, 200), lost(0, 200), lower=(RECALL,))).outcome == "pass"


def test_differences_are_sorted_with_the_largest_loss_first() -> None:
    verdict = judge([1.0, 0.0, 0.5], [0.5, 1.0, 0.5])
    assert [(each.case_id, each.difference) for each in verdict.differences] == [
        ("c001", -1.0),
        ("c002", 0.0),
        ("c000", 0.5),
    ]


@pytest.mark.parametrize(
    ("candidate", "said"),
    [
        ([None] * 20, "only 0.0% of the Cases are paired"),
        ([1.0] * 18 + [None] * 2, "of 2, with the candidate it failed: the model is away"),
        ([1.0] * 18, "of 2, with the candidate it has no score"),
    ],
)
def test_too_few_pairs_fail_closed(candidate: list[float | None], said: str) -> None:
    finding = only(judge(candidate, [1.0] * 20))
    assert finding.outcome == "fail"
    assert said in finding.reason
    assert sum(finding.unpaired.values()) == 20 - finding.paired


def test_one_failure_within_coverage_is_counted_and_does_not_block() -> None:
    finding = only(judge([None] + [1.0] * 39, [1.0] * 40))
    assert finding.outcome == "pass"
    assert finding.unpaired == {"with the candidate it failed: the model is away": 1}


@pytest.mark.parametrize("side", ["candidate", "baseline"])
def test_a_metric_that_only_one_side_has_fails_closed(side: str) -> None:
    full: dict[str, Any] = {RECALL: [1.0] * 20, "chrf": [1.0] * 20}
    bare: dict[str, Any] = {RECALL: [1.0] * 20}
    own, other = (bare, full) if side == "candidate" else (full, bare)
    verdict = compared(own, other, gate_params(margins={"chrf": 0.1}))
    assert only(verdict).outcome == "fail"
    assert f"the {side} has no scores of chrf" in only(verdict).reason


def test_a_misspelt_metric_fails_closed_with_a_suggestion() -> None:
    finding = only(judge([1.0], [1.0], gate_params(margins={"context_recal": 0.1})))
    assert finding.outcome == "fail"
    assert "did you mean context_recall?" in finding.reason


def test_scorecards_that_disagree_on_a_direction_fail_closed() -> None:
    values: dict[str, Any] = {RECALL: [1.0] * 20}
    verdict = judge_candidate(
        card_of(values), scores_of(values), card_of(values, (RECALL,)), scores_of(values),
        cases_of(20), gate_params(),
    )  # fmt: skip
    assert "disagree on its direction" in only(verdict).reason


def test_a_slice_gates_on_its_own() -> None:
    tags = dict.fromkeys(range(60), "french")
    verdict = judge(
        lost(20, 1000), lost(0, 1000), gate_params(slices=("french", "german")), tags=tags
    )
    whole, french, german = verdict.findings
    assert (whole.outcome, whole.slice, whole.paired) == ("pass", None, 1000)
    assert (french.outcome, french.slice, french.paired) == ("fail", "french", 60)
    assert german.reason == "it applies to no Case with the tag german"
    assert verdict.outcome == "fail"


def test_more_metrics_ask_for_more_evidence_of_each() -> None:
    values = {f"m{number}": [1.0] * 60 for number in range(10)}
    worse = {**values, "m0": [0.0] * 7 + [1.0] * 53}

    def outcome(*metrics: str) -> str:
        params = gate_params(margins=dict.fromkeys(metrics, 0.05))
        return compared(worse, values, params).outcome

    assert outcome("m0") == "fail"
    assert outcome(*values) == "inconclusive"


def test_guards_take_what_was_spent_on_each_case_and_its_tail() -> None:
    fast = [100.0 + number % 7 for number in range(200)]
    slow = [each + (200.0 if number % 10 == 0 else 0.0) for number, each in enumerate(fast)]
    own, other = {"latency_ms": slow}, {"latency_ms": fast}
    params = gate_params(margins={}, guards={"latency_ms.p95": 20.0, "latency_ms": 100.0})
    card = card_of({RECALL: [1.0]})
    verdict = judge_candidate(card, scores_of(own), card, scores_of(other), cases_of(200), params)
    tail, mean = verdict.findings
    assert (tail.outcome, tail.higher_is_better) == ("fail", False)
    assert tail.difference == pytest.approx(200.0, abs=10.0)
    assert (mean.outcome, mean.rule) == ("pass", "guard")
    assert mean.difference == pytest.approx(20.0)


def test_without_a_baseline_only_floors_are_judged_and_it_says_so() -> None:
    values: dict[str, Any] = {RECALL: [0.6] * 20}
    for floor, outcome in ((0.5, "pass"), (0.7, "fail")):
        params = gate_params(floors={RECALL: floor})
        verdict = judge_candidate(
            card_of(values), scores_of(values), None, (), cases_of(20), params
        )
        assert (only(verdict).rule, verdict.outcome) == ("floor", outcome)
        assert verdict.baseline is None
        assert "there is no baseline" in verdict.notes[0]


@pytest.mark.parametrize("baseline", [True, False])
def test_a_gate_that_asks_nothing_does_not_pass(baseline: bool) -> None:
    values: dict[str, Any] = {RECALL: [1.0] * 20}
    verdict = judge_candidate(
        card_of(values), scores_of(values), card_of(values) if baseline else None,
        scores_of(values), cases_of(20), gate_params(margins={}),
    )  # fmt: skip
    assert (verdict.outcome, verdict.findings) == ("inconclusive", ())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cases": CaseSet(hash="other", count=9, orphans=())}, "different cases"),
        ({"cases": CaseSet(hash="", count=9, orphans=())}, "different cases"),
        ({"judge": "~other"}, "different judges"),
        ({"judge": ""}, "different judges"),
        ({"engine": "~other"}, "different engines"),
        ({"engine": ""}, "different engines"),
        ({"settings": {"score.budget": 4000}}, "different score.budget"),
    ],
)
def test_what_was_measured_otherwise_is_not_judged(changes: dict[str, Any], said: str) -> None:
    values: dict[str, Any] = {RECALL: [1.0] * 20}
    other = card_of(values, version="old.dir", **changes)
    with pytest.raises(PrerequisiteError, match=said) as raised:
        judge_candidate(
            card_of(values), scores_of(values), other, scores_of(values), cases_of(20),
            gate_params(),
        )  # fmt: skip
    assert "score the baseline old.dir again: `winnow gate` does" in str(raised.value)


def test_a_tail_that_is_worse_by_just_its_limit_is_not_too_slow() -> None:
    values: dict[str, Any] = {"latency_ms": [1.1] * 40}
    others: dict[str, Any] = {"latency_ms": [1.0] * 40}
    verdict = judge_candidate(
        card_of(values), scores_of(values), card_of(others), scores_of(others), cases_of(40),
        gate_params(margins={}, guards={"latency_ms.p95": 0.1}),
    )  # fmt: skip
    assert verdict.outcome == "pass"


@given(PAIRS)
def test_a_candidate_that_is_nowhere_worse_is_never_failed(
    pairs: list[tuple[float, float]],
) -> None:
    better: list[float | None] = [max(pair) for pair in pairs]
    assert judge(better, [pair[0] for pair in pairs]).outcome != "fail"


@given(PAIRS, st.randoms())
def test_the_verdict_does_not_depend_on_the_order_of_rows(
    pairs: list[tuple[float, float]], chance: Any
) -> None:
    own = {RECALL: [pair[0] for pair in pairs]}
    other = {RECALL: [pair[1] for pair in pairs]}
    cases, rows, others = cases_of(len(pairs)), scores_of(own), scores_of(other)
    first = judge_candidate(card_of(own), rows, card_of(other), others, cases, gate_params())
    for each in (cases, rows, others):
        chance.shuffle(each)
    again = judge_candidate(card_of(own), rows, card_of(other), others, cases, gate_params())
    assert first == again


@given(PAIRS)
def test_swapping_the_sides_mirrors_the_finding(pairs: list[tuple[float, float]]) -> None:
    left: list[float | None] = [pair[0] for pair in pairs]
    right: list[float | None] = [pair[1] for pair in pairs]
    one, other = only(judge(left, right)), only(judge(right, left))
    assert other.low == pytest.approx(-(one.high or 0.0))
    assert other.high == pytest.approx(-(one.low or 0.0))
    assert other.difference == pytest.approx(-(one.difference or 0.0))
    assert (other.candidate, other.baseline) == (one.baseline, one.candidate)
    assert (one.p_worse or 0.0) + (other.p_worse or 0.0) == pytest.approx(1.0)
    assert not (one.outcome == "fail" and other.outcome == "fail")


def test_500_cases_and_10_metrics_take_less_than_five_seconds() -> None:
    generator = np.random.default_rng(1)
    own = {f"m{number}": list(generator.random(500)) for number in range(10)}
    other = {metric: list(generator.random(500)) for metric in own}
    start = time.monotonic()
    compared(own, other, gate_params(margins=dict.fromkeys(own, 0.05)))
    assert time.monotonic() - start < 5.0
