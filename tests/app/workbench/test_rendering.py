"""Rendering: how numbers, times and messages are written."""

import pytest

from app.workbench.rendering import coded, duration


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0, "<1 ms"),
        (0.0123, "12 ms"),
        (0.9994, "999 ms"),
        (1.44, "1.4 s"),
        (125.2, "2 min 5 s"),
    ],
)
def test_duration(seconds: float, written: str) -> None:
    assert duration(seconds) == written


def test_code_in_a_message_is_set_apart_and_all_is_escaped() -> None:
    assert coded("run `dvc <pull>` & go") == "run <code>dvc &lt;pull&gt;</code> &amp; go"
    assert coded("a lone ` stays") == "a lone ` stays"
