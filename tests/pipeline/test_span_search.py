from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.span_search import locate_pieces


def test_a_repeated_passage_is_found_where_it_stands() -> None:
    text = "one two one two one three"
    pieces = ["one two", "one two", "one three"]
    assert locate_pieces(text, pieces, overlap=False) == [(0, 7), (8, 15), (16, 25)]
    pieces = ["one two one", "one two one three"]
    assert locate_pieces(text, pieces, overlap=True) == [(0, 11), (8, 25)]


def test_a_piece_that_its_neighbour_holds_is_left_out() -> None:
    pieces = ["a row", "a row and its end", "its end", "after"]
    assert locate_pieces("a row and its end, after", pieces[:2], overlap=True) is None
    text = "a row and its end after"
    assert locate_pieces(text, pieces, overlap=True) == [(0, 17), (18, 23)]


def test_pieces_that_do_not_fit_are_not_found() -> None:
    for pieces in (["one"], ["two three"], ["one", "three"], ["one two thre"], ["one two", "tree"]):
        assert locate_pieces("one two three", pieces, overlap=True) is None
        assert locate_pieces("one two three", pieces, overlap=False) is None
    assert locate_pieces("one", [], overlap=True) is None


def test_endless_repetition_ends_the_search() -> None:
    assert locate_pieces("a" * 20_000, ["a" * 5_000] * 7, overlap=True) is None


@st.composite
def _cuts(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a text of few letters, which repeats itself, and overlapping pieces of it."""
    text = draw(st.text("ab ", min_size=1, max_size=60)).strip() or "a"
    pieces, start, end = [], 0, 0
    while end < len(text):
        end = max(end + 1, min(len(text), start + draw(st.integers(1, 20))))
        while text[end - 1].isspace():
            end += 1
        pieces.append(text[start:end])
        start = draw(st.integers(start + 1, end))
        while start < len(text) and text[start].isspace():
            start += 1
    return text, pieces


@given(_cuts())
def test_pieces_of_a_text_that_repeats_itself_cover_it(cut: tuple[str, list[str]]) -> None:
    text, pieces = cut
    spans = locate_pieces(text, pieces, overlap=True)
    assert spans is not None
    assert {text[start:end] for start, end in spans} <= set(pieces)
    assert all(one < two and first < second for (one, first), (two, second) in pairwise(spans))
    covered = {position for start, end in spans for position in range(start, end)}
    assert all(position in covered for position, letter in enumerate(text) if not letter.isspace())
