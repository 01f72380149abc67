"""Marked text: the sentences of an answer found in a passage."""

from hypothesis import given
from hypothesis import strategies as st

from app.marked_text import excerpt, marked_text


def test_a_sentence_is_marked_across_line_breaks() -> None:
    pieces = marked_text("Before. One\n  two three. After.", ["One two three."])
    assert pieces == (("Before. ", False), ("One\n  two three.", True), (" After.", False))


def test_overlapping_and_repeated_sentences_are_marked_once() -> None:
    assert marked_text("a b c", ["a b", "b c"]) == (("a b", True), (" c", True))
    assert marked_text("x. x.", ["x."]) == (("x.", True), (" ", False), ("x.", True))


@given(st.text(alphabet="ab. \n"), st.lists(st.text(alphabet="ab. \n"), max_size=3))
def test_the_pieces_are_the_text(text: str, sentences: list[str]) -> None:
    assert "".join(piece for piece, _ in marked_text(text, sentences)) == text


def test_an_excerpt_begins_with_what_was_cited_and_ends_between_words() -> None:
    assert excerpt((("zero ", False), ("one\ntwo", True))) == "one two"
    assert excerpt((("word " * 60, False),), 22) == "word word word word …"
