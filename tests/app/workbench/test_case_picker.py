"""Case picker: narrowing by tag, searching by text and id, stepping through."""

from app.workbench.case_picker import ALL, choices, filters, narrowed, neighbour
from tests.app.workbench.sample_library import CASES, PRICE, RETURNS


def test_filters_count_what_remains() -> None:
    assert filters(CASES)[:3] == [
        ("All Cases (3)", ALL),
        ("answerable (2)", "answerable"),
        ("unanswerable (1)", "unanswerable"),
    ]
    assert ("policy (1)", "tag:policy") in filters(CASES)


def test_every_filter_leaves_as_many_cases_as_it_says() -> None:
    for label, value in filters(CASES):
        assert label.endswith(f"({len(narrowed(CASES, value))})")
    assert narrowed(CASES, None) == list(CASES)


def test_a_choice_holds_question_and_id() -> None:
    label, value = choices(CASES)[0]
    assert RETURNS in label
    assert "returns-01" in label
    assert value == "returns-01"


def test_stepping_goes_round() -> None:
    first, second, last = CASES
    assert neighbour(CASES, None, 1) is first
    assert neighbour(CASES, None, -1) is last
    assert neighbour(CASES, first.id, 1) is second
    assert neighbour(CASES, last.id, 1) is first
    assert neighbour((), None, 1) is None
    assert second.question == PRICE
