from hypothesis import given
from hypothesis import strategies as st

from eval.kept_text import KeptText
from eval.place import Place

TEXT = "Mount the pump.\nTighten the screws.\nStart the pump.\n"
LINES = st.lists(st.sampled_from(["a b c\n", "a x c\n", "d\n", "\n", "e f g"]), max_size=8)


def before(old: str, new: str, start: int, end: int) -> list[Place]:
    return KeptText.between(old, new).before(Place("a.md", start, end))


def test_a_text_that_did_not_change_stands_where_it_stood() -> None:
    assert before(TEXT, TEXT, 3, 30) == [Place("a.md", 3, 30)]


def test_an_insertion_moves_what_follows_and_is_itself_nowhere() -> None:
    notice = "Read this first.\n"
    shifted = len(notice)
    assert before(TEXT, notice + TEXT, shifted, shifted + 15) == [Place("a.md", 0, 15)]
    assert before(TEXT, notice + TEXT, 0, shifted) == []


def test_a_word_that_changed_leaves_the_rest_of_its_line_where_it_was() -> None:
    new = TEXT.replace("screws", "bolts")
    row = new.index("Tighten")
    places = before(TEXT, new, row, row + len("Tighten the bolts.\n"))
    # The `s` before the full stop is the same in both.
    assert [TEXT[place.start : place.end] for place in places] == ["Tighten the ", "s.\n"]


def test_positions_count_from_the_start_of_the_document() -> None:
    kept = KeptText.between("same\n", "same\n", offsets=(10, 4))
    assert kept.before(Place("a.md", 4, 8)) == [Place("a.md", 10, 14)]


@given(LINES, LINES)
def test_what_is_kept_is_the_same_text_in_the_same_order(old: list[str], new: list[str]) -> None:
    earlier, later = "".join(old), "".join(new)
    kept = KeptText.between(earlier, later)
    found = kept.before(Place("a.md", 0, len(later)))
    assert all(left.end <= right.start for left, right in zip(found, found[1:], strict=False))
    for start in range(len(later)):
        for place in kept.before(Place("a.md", start, start + 1)):
            assert earlier[place.start : place.end] == later[start]


@given(LINES)
def test_nothing_of_the_same_text_is_lost(lines: list[str]) -> None:
    text = "".join(lines)
    assert sum(map(len, before(text, text, 0, len(text)))) == len(text)
