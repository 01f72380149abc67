"""Growth: an Answer as it is streamed, begun anew or taken back."""

from app.growth import growth
from pipeline.answer import Answer, Sentence


def answer(text: str) -> Answer:
    return Answer("q", (Sentence(text, ()),) if text else (), ())


def test_only_the_last_is_whole() -> None:
    steps = list(growth(map(answer, ["", "One", "One two"])))
    assert [each.answer.text for each in steps] == ["", "One", "One two", "One two"]
    assert [each.whole for each in steps] == [False, False, False, True]
    assert not any(each.restarts for each in steps)


def test_text_that_begins_anew_is_counted() -> None:
    texts = ["", "One two three four", "One", "One two three", "One", "One two three four"]
    *_, last = growth(map(answer, texts))
    assert last.restarts == 2


def test_a_half_written_citation_is_no_restart() -> None:
    *_, last = growth(map(answer, ["One two three [1", "One two three", "One two three four"]))
    assert last.restarts == 0


def test_what_is_taken_back_at_the_end_is_no_restart() -> None:
    *_, last = growth(map(answer, ["The documents say nothing", ""]))
    assert last.restarts == 0
    assert last.answer.abstained


def test_nothing_grows_to_nothing() -> None:
    assert list(growth([])) == []
