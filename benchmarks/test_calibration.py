"""The gate's promises, counted on Chroma's questions with `winnow gate calibrate`.

python -m pytest -m benchmark -s benchmarks/test_calibration.py
"""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from app.commands.calibrate import calibrate
from benchmarks.test_published import data

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    printed = io.StringIO()
    place: Path = tmp_path_factory.mktemp("calibration") / "w"
    with redirect_stdout(printed):
        calibrate(data("chroma_chunking"), as_json=True, root=place)
    found: list[dict[str, Any]] = json.loads(printed.getvalue())["rates"]
    return found


def test_false_blocks_are_at_most_five_percent_at_every_size(rates: list[dict[str, Any]]) -> None:
    equal = [each for each in rates if each["kind"] == "equal"]
    assert {each["cases"] for each in equal} == {25, 50, 100, 200, 400}
    assert max(each["failed"]["rate"] for each in equal) <= 0.05


def test_a_drop_of_five_points_is_missed_at_most_five_times_in_a_hundred_at_200_cases(
    rates: list[dict[str, Any]],
) -> None:
    planted = [
        each
        for each in rates
        if each["kind"] == "planted" and each["cases"] >= 200 and each["drop"] >= 0.05 - 1e-9
    ]
    assert len(planted) > 20
    assert max(each["passed"]["rate"] for each in planted) <= 0.05
