import pytest

from app.gate_report.figure import counted, figure, interval, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (0.0, "0.000"), (1e-15, "0.000"), (0.71449, "0.714"), (58.07, "58.1"),
        (1412.4, "1,412"), (0.00042, "0.00042"), (-0.1402, "-0.140"),
    ],
)  # fmt: skip
def test_a_number_keeps_what_matters_of_it(value: float | None, text: str) -> None:
    assert figure(value) == text


def test_a_difference_has_a_sign_unless_it_is_none() -> None:
    assert [signed(value) for value in (0.02, -0.02, 0.0, None)] == [
        "+0.020",
        "-0.020",
        "0.000",
        "–",
    ]
    assert interval(-0.1, 0.02) == "-0.100 to +0.020"
    assert interval(None, 0.02) == ""


def test_one_case_is_no_plural() -> None:
    assert (counted(1, "Case"), counted(0, "Case")) == ("1 Case", "0 Cases")
