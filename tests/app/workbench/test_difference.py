"""Difference: who found what, by letter."""

from app.workbench.difference import difference_of
from tests.app.workbench.sample_library import RETURNS, hostile, large_chunks, small_chunks

SMALL, LARGE, HOSTILE = (
    answerer.answer(RETURNS) for answerer in (small_chunks(), large_chunks(), hostile())
)


def test_chunks_of_different_size_that_cover_the_same_ground_are_shared() -> None:
    difference = difference_of({"A": SMALL, "C": LARGE})
    assert difference.finders("A", 1) == ("A", "C")
    assert difference.finders("A", 2) == ("A",)
    assert difference.found_alone("A") == 1
    assert not difference.same_text


def test_a_passage_that_some_found_names_them() -> None:
    difference = difference_of({"A": SMALL, "B": LARGE, "D": HOSTILE})
    assert difference.finders("B", 1) == ("A", "B")
    assert difference.finders("D", 1) == ("D",)
    assert difference.says_alone("D", 0)
    assert not difference.says_alone("A", 0)


def test_one_answer_differs_in_nothing() -> None:
    difference = difference_of({"A": SMALL})
    assert difference.same_text
    assert not difference.says_alone("A", 0)
