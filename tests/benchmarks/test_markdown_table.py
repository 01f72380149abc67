import pytest

from benchmarks.markdown_table import machine, quantity, ratio_rows, table


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.00234, "s", "2.34 ms"),
        (0.9997, "s", "1.00 s"),
        (0.1, "s", "100 ms"),
        (1.5, "s", "1.50 s"),
        (61.24, "s", "61.2 s"),
        (612.4, "s", "612 s"),
        (205_300_000, "B", "205 MB"),
        (20000, "1", "20,000"),
    ],
)
def test_quantities_are_written_in_a_unit_that_fits(value: float, unit: str, shown: str) -> None:
    assert quantity(value, unit) == shown


def test_ratios_are_of_medians_and_a_contender_without_a_measure_has_no_cell() -> None:
    measured = {
        "ours": {"load": [1.0, 9.0, 2.0], "chunks": [10.0]},
        "theirs": {"load": [8.0, 8.0, 1.0], "chunks": [20.0]},
        "silent": {},
    }
    rows = ratio_rows(
        measured,
        {"chunks": "chunks", "load": "load"},
        {name: name for name in measured},
        "ours",
    )
    assert rows == [["chunks", "10", "20", ""], ["load", "2.00 s", "8.00 s (4.0×)", ""]]


def test_the_table_is_markdown_and_the_machine_names_what_was_compared() -> None:
    assert table(["", "a"], [["load", "1 s"]]) == "|  | a |\n| --- | --- |\n| load | 1 s |"
    described = machine()
    for name in ("cores", "Python 3.", "llama-index-core 0.", "langchain-core 1.", "torch "):
        assert name in described
