import pytest

from eval.floor import floor_findings
from tests.gate_case import RECALL, card_of, gate_params


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
