"""Answers in the terminal: whole, as they grow, and with what is to say of them."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from app.display.answers import (
    ABSTAINED,
    answer_notes,
    answer_text,
    excerpt,
    follow_stream,
    marked_text,
    show_answer,
    words,
)
from pipeline.answer import Answer, Sentence
from pipeline.errors import EndpointError
from tests.app.workbench.sample_library import RETURNS, sample_library, small_chunks, version_id
from tests.app.workbench.sample_models import crowded, model, unanswered, writer, written


@pytest.fixture
def answers() -> dict[str, Answer]:
    answerer = sample_library("small").answerer(version_id("small"))
    return {question: answerer.answer(question) for question in (RETURNS, "Anything else?")}


def answer(text: str) -> Answer:
    return Answer("q", (Sentence(text, ()),) if text else (), ())


def console(*, terminal: bool) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=terminal, width=60, height=8, color_system=None
    )


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_an_ordinary_answer_has_none() -> None:
    assert answer_notes(small_chunks().answer(RETURNS)) == []


def test_each_thing_is_a_sentence() -> None:
    answer = crowded().answer(RETURNS)
    assert answer_notes(answer, restarts=1) == [
        "The reply broke off once and was begun anew.",
        "2 of 4 passages did not fit into the model's window and were left out: 3, 4.",
        "2 citations pointed at no passage and were removed.",
    ]
    one = replace(answer, stray=1, dropped=())
    assert answer_notes(one) == ["1 citation pointed at no passage and was removed."]
    assert "broke off 3 times" in answer_notes(one, restarts=3)[0]


def test_sentences_carry_the_marks_of_the_passages_below(answers: dict[str, Answer]) -> None:
    lines = answer_text(answers[RETURNS]).plain.splitlines()
    assert lines[0].endswith("within 30 days of delivery. [1]")
    assert lines[2] == "Private customers may return goods within 14 days of delivery. [2]"
    assert "[2] policies/returns-2023.md, Returns, 2023 edition (0.66)" in "\n".join(lines)
    assert "[3]" not in "\n".join(lines)


def test_an_abstention_says_so_and_shows_what_came_closest(answers: dict[str, Answer]) -> None:
    text = answer_text(answers["Anything else?"]).plain
    assert text.startswith(ABSTAINED)
    assert "closest passages:" in text
    assert "[3]" in text
    assert "[4]" not in text


def test_a_long_passage_is_cut_at_a_word(answers: dict[str, Answer]) -> None:
    first = answers["Anything else?"].passages[2]
    assert len(first.text) > 160
    [line] = [
        each for each in answer_text(answers["Anything else?"]).plain.splitlines() if "…" in each
    ]
    shown = line.strip().removesuffix(" …")
    assert first.text.startswith(shown + " ")
    assert len(shown) <= 160


def test_the_time_is_said(answers: dict[str, Answer]) -> None:
    assert answer_text(answers[RETURNS]).plain.splitlines()[-1].endswith(" ms")
    assert int(answer_text(answers[RETURNS]).plain.splitlines()[-1].split()[0]) >= 20


def test_markup_in_documents_is_text() -> None:
    answerer = sample_library("hostile").answerer(version_id("hostile"))
    assert "<script>" in answer_text(answerer.answer(RETURNS)).plain


def test_only_the_last_is_whole() -> None:
    steps = list(follow_stream(map(answer, ["", "One", "One two"])))
    assert [each.answer.text for each in steps] == ["", "One", "One two", "One two"]
    assert [each.whole for each in steps] == [False, False, False, True]
    assert not any(each.restarts for each in steps)


def test_text_that_begins_anew_is_counted() -> None:
    texts = ["", "One two three four", "One", "One two three", "One", "One two three four"]
    *_, last = follow_stream(map(answer, texts))
    assert last.restarts == 2


def test_a_half_written_citation_is_no_restart() -> None:
    *_, last = follow_stream(
        map(answer, ["One two three [1", "One two three", "One two three four"])
    )
    assert last.restarts == 0


def test_what_is_taken_back_at_the_end_is_no_restart() -> None:
    *_, last = follow_stream(map(answer, ["The documents say nothing", ""]))
    assert last.restarts == 0
    assert last.answer.abstained


def test_nothing_grows_to_nothing() -> None:
    assert list(follow_stream([])) == []


def test_a_pipe_gets_the_whole_alone() -> None:
    pipe = console(terminal=False)
    answer = show_answer(pipe, writer(0.0).stream(RETURNS))
    assert said(pipe) == answer_text(answer, restarts=1).plain + "\n"
    assert said(pipe).count("A private customer who bought") == 2  # sentence and excerpt
    assert "The reply broke off once" in said(pipe)


def test_a_terminal_sees_what_is_written_so_far() -> None:
    terminal = console(terminal=True)
    show_answer(terminal, model([written("Thirty"), written("Thirty days.")], 0.12).stream("?"))
    shown = said(terminal)
    assert shown.index("reading 4 passages") < shown.index("writing") < shown.index("Thirty days.")


def test_what_is_longer_than_the_terminal_shows_its_end() -> None:
    terminal = console(terminal=True)
    many = " ".join(f"word{number}" for number in range(200))
    show_answer(terminal, model([written(many), written(many)], 0.12).stream("?"))
    growing = said(terminal).partition("writing")[0]
    assert "word199" in growing
    assert "word0 " not in growing


def test_a_model_that_fails_leaves_no_half_answer() -> None:
    terminal = console(terminal=True)
    with pytest.raises(EndpointError):
        show_answer(terminal, unanswered().stream(RETURNS))
    assert "tokens" not in said(terminal)


def test_a_sentence_is_marked_across_line_breaks() -> None:
    pieces = marked_text("Before. One\n  two three. After.", ["One two three."])
    assert pieces == (("Before. ", False), ("One\n  two three.", True), (" After.", False))


def test_overlapping_and_repeated_sentences_are_marked_once() -> None:
    assert marked_text("a b c", ["a b", "b c"]) == (("a b", True), (" c", True))
    assert marked_text("x. x.", ["x."]) == (("x.", True), (" ", False), ("x.", True))


@given(st.text(alphabet="ab. \n"), st.lists(st.text(alphabet="ab. \n"), max_size=3))
def test_the_pieces_are_the_text(text: str, sentences: list[str]) -> None:
    assert "".join(piece for piece, _ in marked_text(text, sentences)) == text


def test_an_excerpt_is_one_line_that_ends_between_words() -> None:
    assert excerpt("one\ntwo") == "one two"
    assert excerpt("word " * 60, 22) == "word word word word …"


def test_names_are_words_and_abbreviations_stay() -> None:
    assert words("context_iou") == "context IoU"
    assert words("token_f1") == "token F1"
