import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.answer import Passage, Sentence
from pipeline.generation.reply import (
    as_question,
    cited_text,
    declines,
    finished_part,
    settled_part,
    spoken,
)


def _passages(*texts: str) -> list[Passage]:
    return [
        Passage(rank, 1 / rank, str(rank), "a.md", 0, len(text), text, "h", None, ())
        for rank, text in enumerate(texts, start=1)
    ]


THREE = _passages("The warranty is two years.", "Batteries are covered.", "Call us.")


def _read(text: str, passages: list[Passage] = THREE) -> list[tuple[str, tuple[int, ...]]]:
    return [(each.text, each.citations) for each in cited_text(text, passages)[0]]


@pytest.mark.parametrize(
    ("text", "citations"),
    [
        ("It is two years [1].", (1,)),
        ("It is two years.[1]", (1,)),
        ("[1] It is two years.", (1,)),
        ("- [1] It is two years.", (1,)),
        ("It is two years [1, 2].", (1, 2)),
        ("It is two years [1 and 2].", (1, 2)),
        ("It is two years [1] [3].", (1, 3)),
        ("It is two years [1], [3].", (1, 3)),
        ("It is two years [1-3].", (1, 2, 3)),
        ("It is two years [1]–[3].", (1, 2, 3)),
        ("It is two years [3][1][3].", (3, 1)),
        ("It is two years 【1】.", (1,)),
        ("It is two years 【2†source】.", (2,)),
        ("It is two years [Passages 1, 2].", (1, 2)),
        ("It is two years [id: 2].", (2,)),
        ("It is two years [[2]].", (2,)),
        ("It is two years [^2].", (2,)),
        ("It is two years [2](#2).", (2,)),
        ("It is two years ([1], [2]).", (1, 2)),
        ("It is two years [ 1 ].", (1,)),
        ("It is two years ［１］.", (1,)),
        ("It is two years.\n[1]", (1,)),
        ("It is two years.\n\nSources: [1], [2]", (1, 2)),
        ("It is two years.", ()),
    ],
)
def test_marks_are_read_and_removed(text: str, citations: tuple[int, ...]) -> None:
    assert _read(text) == [("It is two years.", citations)]


@pytest.mark.parametrize(
    "text",
    [
        "It is two years [1]. Call us [3].",
        "It is two years. [1] Call us. [3]",
        "It is two years.[1] Call us.[3]",
        "It is two years.[1]Call us.[3]",
        "[1] It is two years. [3] Call us.",
        "- It is two years [1].\n- Call us [3].",
        "1. It is two years [1].\n2. Call us [3].",
        "It is two years. [1]\n\nCall us.\n[3]\n",
    ],
)
def test_each_sentence_keeps_its_own(text: str) -> None:
    assert _read(text) == [("It is two years.", (1,)), ("Call us.", (3,))]


def test_a_mark_within_a_sentence_leaves_one_blank() -> None:
    assert _read("It is [1] two years [2], and batteries [3] too.") == [
        ("It is two years, and batteries too.", (1, 2, 3))
    ]


def test_words_in_bold_and_quotes_stay_apart() -> None:
    assert _read('It is two years. [1] **Call** us [3]. "Do," it says [2].') == [
        ("It is two years.", (1,)),
        ("**Call** us.", (3,)),
        ('"Do," it says.', (2,)),
    ]


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        ("It is two years [9].", 1),
        ("It is two years [1][9][8].", 2),
        ("It is two years [0].", 1),
        ("It is two years [1-999].", 1),
        ("It is two years [5-9].", 2),
        ("[9]", 1),
    ],
)
def test_citations_that_point_nowhere_are_removed_and_counted(text: str, stray: int) -> None:
    cited, found = cited_text(text, THREE)
    assert found == stray
    assert all(rank <= 3 for each in cited for rank in each.citations)
    assert "9" not in " ".join(each.text for each in cited)


@pytest.mark.parametrize(
    "text",
    [
        "He wrote “teh [sic] warranty”.",
        "In the year [2019] it began.",
        "It lasted [1998-2004] or so.",
        "Tick [x] and [ ].",
        "The list is [1.5].",
        "Write `array[1]` there.",
        "Set array[1] = 5 there.",
        "Call f[1](x) there.",
        "The range is [].",
    ],
)
def test_other_brackets_are_text(text: str) -> None:
    assert _read(text) == [(text, ())]
    assert cited_text(text, THREE)[1] == 0


def test_an_index_that_a_passage_has_is_text() -> None:
    passages = _passages("The first is array[1], of course.")
    assert _read("The first is array[1] [1].", passages) == [("The first is array[1].", (1,))]
    assert _read("The first is array[1][1].", passages) == [("The first is array[1].", (1,))]
    assert _read("The first is array[1] [1].") == [("The first is array.", (1,))]


def test_a_code_block_is_left_alone() -> None:
    text = "Write this [1]:\n```\nx[1] [2]\n```"
    assert [citations for _, citations in _read(text)] == [(1,), ()]
    assert "x[1] [2]" in _read(text)[1][0]


def test_a_date_at_the_start_is_no_item_of_a_list() -> None:
    assert _read("3. Mai 1998 war der Tag, an dem es geschah [1].") == [
        ("3. Mai 1998 war der Tag, an dem es geschah.", (1,))
    ]


def test_other_scripts() -> None:
    assert _read("保証は二年です[1]。電池は別です【2】。") == [
        ("保証は二年です。", (1,)),
        ("電池は別です。", (2,)),
    ]
    assert _read("保証は二年です。[1]電池は別です。[2]") == [
        ("保証は二年です。", (1,)),
        ("電池は別です。", (2,)),
    ]


def test_a_mark_is_held_back_until_it_is_whole() -> None:
    whole = "It is two years [1, 2]. Call 【3†source】 us."
    for end in range(len(whole) + 1):
        shown = " ".join(text for text, _ in _read(finished_part(whole[:end])))
        assert not any(mark in shown for mark in "[]【】†"), whole[:end]


@pytest.mark.parametrize("piece", [" ", "[", "[1, ", "[1] and ", "( ", "[ 1 ", "x[1] = 2 "])
def test_a_model_that_repeats_itself_costs_no_time(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    started = time.perf_counter()
    cited_text(finished_part(text), THREE)
    assert time.perf_counter() - started < 2


@given(st.text(alphabet="ab .,\n[]【】()123-`*é保。", max_size=60))
def test_any_text_gives_sentences_whose_citations_exist(text: str) -> None:
    cited, stray = cited_text(text, THREE)
    assert stray >= 0
    for sentence in cited:
        assert sentence.text.strip()
        assert set(sentence.citations) <= {1, 2, 3}
        assert len(set(sentence.citations)) == len(sentence.citations)


def test_reasoning_is_no_part_of_an_answer() -> None:
    assert spoken("<think>\nHm, [1]?\n</think>\n\nTwo years [1].") == "Two years [1]."
    assert spoken("Hm.</think>Two years.") == "Two years."
    assert spoken("<think>Hm, what") == ""
    assert spoken("<thi") == ""
    assert spoken("a < b, I think.") == "a < b, I think."


def _sentences(*pairs: tuple[str, tuple[int, ...]]) -> list[Sentence]:
    return [Sentence(*pair) for pair in pairs]


@pytest.mark.parametrize(
    "sentences",
    [
        _sentences(),
        _sentences(("NOT IN THE DOCUMENTS", ())),
        _sentences(("**Not in the documents.**", ())),
        _sentences(("NOT IN THE DOCUMENTS", (1, 2))),
        _sentences(("not in the documents", (1,))),
        _sentences(("I'm sorry.", ()), ("NOT IN THE DOCUMENTS.", ())),
        _sentences(("NOT IN THE DOCUMENTS.", ()), ("Ask the maker.", ())),
        _sentences(("The price is not in the documents.", ())),
    ],
)
def test_an_answer_declines(sentences: list[Sentence]) -> None:
    assert declines(sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        _sentences(("It is two years.", (1,))),
        _sentences(("It is two years.", ())),
        _sentences(("It is two years.", (1,)), ("The price is NOT IN THE DOCUMENTS.", ())),
        _sentences(("NOT IN THE DOCUMENTS.", ()), ("It is two years, though.", (2,))),
        _sentences(("The seal is not in the documents that were filed.", (1,))),
    ],
)
def test_an_answer_does_not_decline(sentences: list[Sentence]) -> None:
    assert not declines(sentences)


def test_the_beginning_of_a_refusal_is_held_back() -> None:
    for end in range(1, len("NOT IN THE DOCUMENTS") + 1):
        assert settled_part("NOT IN THE DOCUMENTS"[:end]) == ""
    assert settled_part("Sorry, NOT IN T") == "Sorry, "
    assert settled_part("It is NO") == "It is NO"
    assert settled_part("Two years.") == "Two years."


QUESTION = "And how long is that?"


@pytest.mark.parametrize(
    "text",
    [
        "How long is the warranty?",
        '"How long is the warranty?"',
        "“How long is the warranty?”",
        "**Standalone Question:** How long is the warranty?",
        "Question: How long is the warranty?",
        "Here is the question:\n\nHow long is the warranty?",
        "How long is the warranty?\n\nThe warranty is two years.",
        "<think>the warranty</think>How long is the warranty?",
    ],
)
def test_the_question_is_found_in_what_a_model_says(text: str) -> None:
    assert as_question(text, QUESTION) == "How long is the warranty?"


@pytest.mark.parametrize(
    "text", ["", " \n ", "?", "…", "1234", "word " * 200, "NOT IN THE DOCUMENTS", "<think>Hm"]
)
def test_a_reply_that_is_no_question_leaves_it_as_it_was(text: str) -> None:
    assert as_question(text, QUESTION) == QUESTION


def test_a_colon_within_a_question_is_no_label() -> None:
    for text in ("What does error E7: overheat mean?", "Was bedeutet Fehler: 7?"):
        assert as_question(text, QUESTION) == text
