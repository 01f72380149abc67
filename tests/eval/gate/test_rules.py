import pytest

from eval.gate.rules import Pairing, Rule, by_metric, pair_scores, rules_of
from eval.scores.scorecard import Score
from tests.support.gates import RECALL, gate_params


def test_a_margin_holds_on_all_cases_and_on_each_slice_and_a_guard_on_all() -> None:
    params = gate_params(guards={"cost": 0.1}, slices=("french", "tables"))
    assert list(rules_of(params)) == [
        Rule(RECALL, "margin", 0.05),
        Rule(RECALL, "margin", 0.05, "french"),
        Rule(RECALL, "margin", 0.05, "tables"),
        Rule("cost", "guard", 0.1),
    ]


def test_only_a_guard_looks_at_a_quantile() -> None:
    guard = Rule("latency_ms.p95", "guard", 100.0)
    assert (guard.scored_metric, guard.quantile) == ("latency_ms", 0.95)
    assert Rule("cost", "guard", 0.1).quantile is None
    margin = Rule("hit.p5", "margin", 0.1)
    assert (margin.scored_metric, margin.quantile) == ("hit.p5", None)


CASES = frozenset({"a", "b", "c"})


def paired(candidate: list[Score], baseline: list[Score], cases: frozenset[str] = CASES) -> Pairing:
    return pair_scores("m", by_metric(candidate), by_metric(baseline), cases, CASES)


def scored(**values: float) -> list[Score]:
    return [Score.of(case_id, "m", value) for case_id, value in values.items()]


def test_pairs_come_by_case_whatever_the_order_of_rows() -> None:
    left, right = scored(a=1.0, b=0.5, c=0.0), scored(c=0.1, a=0.9, b=0.4)
    found = paired(left, right)
    assert [(each.case_id, each.candidate, each.baseline) for each in found.pairs] == [
        ("a", 1.0, 0.9),
        ("b", 0.5, 0.4),
        ("c", 0.0, 0.1),
    ]
    assert found == paired(left[::-1], right[::-1])
    assert found.coverage == 1.0


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (scored(a=1.0, b=1.0), "with the candidate it has no score"),
        (scored(a=1.0, b=1.0, c=1.0) * 2, "with the candidate it has several scores"),
        (
            [*scored(a=1.0, b=1.0), Score.failed("c", "m", "the model is away")],
            "with the candidate it failed: the model is away",
        ),
        (
            [*scored(a=1.0, b=1.0), Score.not_applicable("c", "m", "the answer abstains")],
            "with the candidate it does not apply: the answer abstains",
        ),
        (
            [*scored(a=1.0, b=1.0), Score("c", "m", "scored", value=float("nan"))],
            "with the candidate it failed: the metric returned nan",
        ),
        (
            [*scored(a=1.0, b=1.0), Score("c", "m", "scored", value=float("inf"))],
            "with the candidate it failed: the metric returned inf",
        ),
    ],
)
def test_a_case_without_a_pair_is_counted_by_its_reason(
    candidate: list[Score], reason: str
) -> None:
    found = paired(candidate, scored(a=1.0, b=1.0, c=1.0))
    assert reason in found.unpaired
    assert found.coverage < 1.0
    other_way = paired(scored(a=1.0, b=1.0, c=1.0), candidate)
    assert reason.replace("candidate", "baseline") in other_way.unpaired


def test_failing_on_both_sides_is_one_reason() -> None:
    failed = [*scored(a=1.0, b=1.0), Score.failed("c", "m", "evidence not found")]
    assert paired(failed, failed).unpaired == {"with both it failed: evidence not found": 1}


def test_a_case_that_the_metric_does_not_apply_to_is_left_out() -> None:
    rows = [*scored(a=1.0, b=1.0), Score.not_applicable("c", "m", "the case is unanswerable")]
    found = paired(rows, rows)
    assert (len(found.pairs), found.unpaired, found.coverage) == (2, {}, 1.0)


def test_a_score_of_an_unknown_case_is_counted_and_one_outside_the_slice_is_not() -> None:
    rows = scored(a=1.0, b=1.0, c=1.0, stranger=1.0)
    assert paired(rows, rows).unpaired == {"it is not among the Cases": 1}
    known = scored(a=1.0, b=1.0, c=1.0)
    assert paired(known, known, frozenset({"a"})).unpaired == {}


def test_a_metric_that_nobody_has_covers_nothing() -> None:
    found = pair_scores("other", by_metric(scored(a=1.0)), by_metric([]), CASES, CASES)
    assert found.coverage == 0.0
    assert found.unpaired == {"with both it has no score": 3}
