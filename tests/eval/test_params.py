import re
from pathlib import Path
from typing import Any

import pytest

from eval.params import GateParams, Params, read_params
from pipeline.errors import ParamsError
from pipeline.params import parse_section, read_mapping

FILE = Path(__file__).parents[2] / "params.yaml"


def _gate(**changes: Any) -> dict[str, Any]:
    return {**read_mapping(FILE)["gate"], **changes}


def test_the_projects_own_params_are_whole() -> None:
    assert isinstance(read_params(FILE), Params)


@pytest.mark.parametrize("limits", ["margins", "guards"])
def test_no_comparison_rests_on_a_fixed_number_of_passages(limits: str) -> None:
    with pytest.raises(ParamsError, match=re.escape(f"`gate.{limits}`")) as caught:
        parse_section(GateParams, "gate", _gate(**{limits: {"ndcg": 0.02}}))
    assert "ndcg favours large chunks" in str(caught.value)
    assert "set context_recall" in str(caught.value)


def test_a_margin_is_no_gain() -> None:
    with pytest.raises(ParamsError, match=r"`gate\.margins\.token_f1` is -0\.1"):
        parse_section(GateParams, "gate", _gate(margins={"token_f1": -0.1}))
