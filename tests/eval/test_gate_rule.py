from eval.gate_rule import Rule, rules_of
from tests.gate_case import RECALL, gate_params


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
