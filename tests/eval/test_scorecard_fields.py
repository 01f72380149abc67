import pytest

from eval.ledger import Entry
from eval.scorecard import SpendingByPart
from eval.scorecard_fields import (
    PARAM_LENGTH,
    metrics_of,
    origin_of,
    params_of,
    safe_name,
    tags_of,
    unpack,
)
from eval.spent import Spent
from pipeline.errors import LedgerError
from tests.scorecard_folder import make_scorecard


def test_long_values_stay_apart() -> None:
    long = "x" * 2000
    params = params_of({"a": long + "1", "b": long + "2", "c": "x" * PARAM_LENGTH})
    assert {len(value) for value in params.values()} == {PARAM_LENGTH}
    assert len(set(params.values())) == 3
    assert params["a"].startswith("xxx")
    assert "... sha256:" in params["a"]
    assert "sha256" not in params["c"]


def test_numbers_and_booleans_read_as_in_params_yaml() -> None:
    assert params_of({"a": 0.15, "b": True, "c": 7}) == {"a": "0.15", "b": "true", "c": "7"}


def test_a_metric_that_failed_everywhere_has_no_mean() -> None:
    assert {name for name in metrics_of(make_scorecard()) if name.startswith("rouge_l")} == {
        "rouge_l.coverage",
        "rouge_l.failed",
    }


def test_what_was_spent_is_a_metric_unless_it_is_not_known() -> None:
    spending = SpendingByPart(answer=Spent(tokens=70, cost=None), judge=Spent(tokens=9, cost=0.5))
    card = make_scorecard().model_copy(update={"spending": spending})
    spent = {name: value for name, value in metrics_of(card).items() if "spending" in name}
    assert spent == {
        "spending.answer.tokens": 70.0,
        "spending.judge.tokens": 9.0,
        "spending.judge.cost": 0.5,
    }


def test_names_that_mlflow_refuses_are_replaced() -> None:
    assert safe_name("nDCG@10 (é)") == "nDCG_10 ___"


def test_a_scorecard_is_rebuilt_from_its_tags() -> None:
    card = make_scorecard()
    tags = tags_of(Entry(card, {}, tags={"dirty": "true"}))
    assert unpack("run", tags) == card
    assert origin_of(tags) == {"dirty": "true"}


@pytest.mark.parametrize("broken", [{"scorecard.0": "%%%"}, {"scorecard": "2"}, {"scorecard": ""}])
def test_broken_tags_name_the_run(broken: dict[str, str]) -> None:
    tags = {**tags_of(Entry(make_scorecard(), {})), **broken}
    with pytest.raises(LedgerError, match="run r1 cannot be read"):
        unpack("r1", tags)
