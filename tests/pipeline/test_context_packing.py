import re

from hypothesis import given
from hypothesis import strategies as st

from pipeline.answer import Passage
from pipeline.context_packing import pack
from pipeline.prompt_tokens import count_tokens

_SENTENCE = "The warranty is two years and covers the battery. "


def _passages(*texts: str) -> list[Passage]:
    return [
        Passage(rank, 1 / rank, str(rank), "a.md", 0, len(text), text, "h", None, ())
        for rank, text in enumerate(texts, start=1)
    ]


def _ranks(text: str) -> list[int]:
    return [int(rank) for rank in re.findall(r'<passage id="(\d+)"', text)]


def test_all_that_fit_are_whole_and_in_order() -> None:
    packed = pack(_passages("One.", "Two.", "Three."), 1000)
    assert _ranks(packed.text) == [1, 2, 3]
    assert packed.dropped == ()


def test_what_does_not_fit_is_dropped_and_a_smaller_one_after_it_is_not() -> None:
    packed = pack(_passages("One.", _SENTENCE * 20, "Three."), 100)
    assert _ranks(packed.text) == [1, 3]
    assert packed.dropped == (2,)


def test_a_first_passage_that_is_too_large_ends_at_a_sentence() -> None:
    packed = pack(_passages(_SENTENCE * 20, "Two."), 100)
    assert packed.text.endswith("covers the battery.\n</passage>")
    assert 60 < count_tokens(packed.text) <= 100
    assert packed.dropped == (2,)


def test_a_sentence_that_is_too_large_ends_at_a_word_and_a_word_anywhere() -> None:
    words = pack(_passages("seven " * 500), 100)
    assert words.text.endswith(" seven\n</passage>")
    letters = pack(_passages("保" * 500), 100)
    assert "保保" in letters.text
    assert max(count_tokens(words.text), count_tokens(letters.text)) <= 100


def test_without_room_nothing_is_given() -> None:
    for room in (-5, 0, 3):
        packed = pack(_passages("One.", "Two."), room)
        assert packed.text == ""
        assert packed.dropped == (1, 2)


def test_a_passage_without_text_is_given_as_it_is() -> None:
    assert _ranks(pack(_passages("", "Two."), 1000).text) == [1, 2]
    assert pack(_passages(""), 5).dropped == (1,)


@given(st.lists(st.text(max_size=200), max_size=6), st.integers(-10, 200))
def test_never_more_than_there_is_room_for(texts: list[str], room: int) -> None:
    packed = pack(_passages(*texts), room)
    assert count_tokens(packed.text) <= max(room, 0)
    assert sorted([*_ranks(packed.text), *packed.dropped]) == list(range(1, len(texts) + 1))
