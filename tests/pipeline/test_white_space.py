import pytest

from pipeline.reading import Reading
from pipeline.white_space import tidy_white_space
from tests.paged_reading import page_texts, paged


def tidied(text: str) -> str:
    return tidy_white_space(Reading(text)).text


@pytest.mark.parametrize(
    ("untidy", "tidy"),
    [
        ("one  two\t\tthree\tfour", "one two three four"),
        ("one \t\ntwo", "one\ntwo"),
        ("one\n\n \n\t\ntwo", "one\n\ntwo"),
        ("one\r\ntwo\rthree\u2028four\ffive", "one\ntwo\nthree\nfour\nfive"),
        ("one:\n    - two   words\n\tthree", "one:\n    - two words\n\tthree"),
        ("| a      | b   |\n|--------|-----|", "| a | b |\n|--------|-----|"),
        ("\n\n  one  \n\n", "one"),
        (" \n\t ", ""),
        ("中文　文本。\n　　第二段", "中文　文本。\n　　第二段"),
    ],
)
def test_white_space_is_tidied(untidy: str, tidy: str) -> None:
    assert tidied(untidy) == tidy


@pytest.mark.parametrize("mark", ["```", "~~~~", "  ```", "> ```"])
def test_code_fences_are_untouched(mark: str) -> None:
    code = f"{mark}python\nif  x:\n\n\n    y  =  1  \n{mark}"
    assert tidied(f"one  two\n\n\n\n{code}\n\n\nthree  four") == (
        f"one two\n\n{code}\n\nthree four"
    )


def test_a_fence_that_nothing_closes_hides_nothing() -> None:
    assert tidied("one\n~~~~~~\ntwo   three") == "one\n~~~~~~\ntwo three"


def test_pages_hold_the_same_words_as_before() -> None:
    reading = paged(["  one  two \n", "\n\n", "", "\n three\n\n\nfour "])
    result = tidy_white_space(reading)
    assert result.text == "one two\n\n three\n\nfour"
    assert [text.split() for text in page_texts(result)] == [
        ["one", "two"],
        [],
        [],
        ["three", "four"],
    ]
