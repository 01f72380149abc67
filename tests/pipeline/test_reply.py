import pytest

from pipeline.answer import Sentence
from pipeline.reply import as_question, declines, settled_part, spoken


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
        _sentences(("NOT IN THE DOCUMENTS.", ())),
        _sentences(("**Not in the documents.**", ())),
        _sentences(("NOT IN THE DOCUMENTS", (1, 2))),
        _sentences(("not in the documents", (1,))),
        _sentences(("I'm sorry, NOT IN THE DOCUMENTS.", ())),
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
        "  How long is the warranty?\n",
        '"How long is the warranty?"',
        "“How long is the warranty?”",
        "Standalone question: How long is the warranty?",
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
