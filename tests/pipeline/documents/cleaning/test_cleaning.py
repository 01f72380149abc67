import unicodedata
from collections import Counter
from itertools import pairwise
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.documents.cleaning.cleaning import (
    clean,
    join_divided_words,
    plain_letters,
    tidy_white_space,
)
from pipeline.documents.document import Heading, Page, Reading
from pipeline.params import CleaningParams
from tests.support.corpus import page_texts, paged

STEPS = ("ligatures", "hyphenation", "repeated_lines", "whitespace")
FRAGMENTS = [
    *"aBß9#|-\n\n\n \t\r\f`~>*",
    "foo-\nbar",
    "co-\nop ",
    "Page 3 of 9\n",
    "```\n",
    "\n\n",
    "  ",
    "\u00ad\n",
    "\u00ad",
    "\u2010\n",
    "\u200b",
    "\u200d",
    "\u200c",
    "e\u0301",
    "\u0301",
    "\ufb01",
    "\u00a0",
    "\u3000",
    "\u212b",
    "\u1fef",
    "\u4e2d",
    "\u0645\u06cc\u200c",
    "\u1112\u1161",
    "\ufffe\n",
    "\u2028",
    "\x1c",
    "\x02",
    "\U0001f469\u200d",
    "Header\n",
    "and ",
]


def params(*on: str) -> CleaningParams:
    return CleaningParams(**{step: step in on for step in STEPS})


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    pages = draw(
        st.lists(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join), max_size=6)
    )
    reading = paged(pages, between=draw(st.sampled_from(["", "\n", "\n\n"])))
    edges = draw(st.lists(st.integers(0, len(reading.text)), max_size=6).map(sorted))
    headings = [Heading(1, "title", *pair) for pair in list(pairwise(edges))[::2]]
    confident = [Page(each.number, each.start, each.end, 0.5) for each in reading.pages]
    return Reading(reading.text, tuple(confident), tuple(headings))


@settings(deadline=None, max_examples=300)
@given(readings(), st.sets(st.sampled_from(STEPS)))
def test_cleaning_again_changes_nothing(reading: Reading, on: set[str]) -> None:
    once = clean(reading, params(*on))
    assert clean(once, params(*on)) == once


@settings(deadline=None, max_examples=300)
@given(readings())
def test_no_letter_or_digit_is_lost_unless_lines_are_dropped(reading: Reading) -> None:
    result = clean(reading, params("ligatures", "hyphenation", "whitespace"))
    assert _letters(result.text) == _letters(reading.text)
    before, after = page_texts(reading), page_texts(result)
    assert list(map(_letters, before)) == list(map(_letters, after))


@settings(deadline=None, max_examples=300)
@given(readings(), st.sets(st.sampled_from(STEPS)))
def test_spans_lie_in_the_text_in_order(reading: Reading, on: set[str]) -> None:
    result = clean(reading, params(*on))
    for spans in (result.pages, result.headings):
        edges = [edge for span in spans for edge in (span.start, span.end)]
        assert edges == sorted(edges)
        assert not edges or (edges[0] >= 0 and edges[-1] <= len(result.text))
    assert [page.ocr_confidence for page in result.pages] == [0.5] * len(reading.pages)


def _letters(text: str) -> Counter[str]:
    return Counter(filter(str.isalnum, unicodedata.normalize("NFKD", text)))


def test_a_page_of_a_paper_comes_out_readable() -> None:
    pages = [
        f"A study of rivers\nThe \ufb01rst   mea-\nsurement of river {name} was\u00a0made."
        f" \n\n\n\nMore text about {name}.\n{number}"
        for number, name in enumerate(("Elbe", "Oder", "Rhine", "Weser"), start=1)
    ]
    result = clean(paged(pages), params(*STEPS))
    assert page_texts(result)[2] == (
        "The first measurement of river Rhine was made.\n\nMore text about Rhine."
    )
    assert page_texts(result)[0].startswith("A study of rivers\nThe first measurement")


def test_a_heading_keeps_its_span_and_gets_a_clean_title() -> None:
    text = "\n\nbefore   it\n\n\n\n## E\ufb03ciency of   pumps  \n\nafter it"
    start = text.index("##")
    heading = Heading(2, "E\ufb03ciency of   pumps", start, text.index("  \n\nafter"))
    result = clean(Reading(text, headings=(heading,)), params(*STEPS))
    (moved,) = result.headings
    assert result.text[moved.start : moved.end] == "## Efficiency of pumps"
    assert moved.title == "Efficiency of pumps"


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_is_off_does_nothing(step: str) -> None:
    text = "H\n\ufb01ne  sen-\ntence\n\n\n\n1"
    reading = paged([text.replace("1", str(number)) for number in range(1, 5)])
    assert clean(reading, params()) == reading
    assert clean(reading, params(step)) != reading
    everything = clean(reading, params(*STEPS)).text
    assert clean(reading, params(*set(STEPS) - {step})).text != everything


def test_a_word_that_a_footer_divides_is_joined_once_the_footer_went() -> None:
    body = "Text of some length.\n" * 9
    pages = [f"{body}mea-\n{number}\nsured" for number in range(1, 5)]
    result = clean(paged(pages), params(*STEPS))
    assert all(text.endswith("\nmeasured") for text in page_texts(result))


@pytest.mark.parametrize(
    "text",
    [
        " " * 1_000_000,
        "-\n" * 300_000,
        "ab-" * 300_000,
        "a" * 1_000_000,
        "a" + " " * 1_000_000 + "b",
        "\u00ad " * 300_000,
        "a" + "\u0301\u0323" * 100_000,
        "```x\n" * 150_000,
        "1 " * 300_000,
    ],
    ids=["blanks", "hyphens", "word", "letters", "gap", "soft", "marks", "fences", "digits"],
)
def test_time_grows_only_with_the_length(text: str) -> None:
    third = len(text) // 3
    pages = (Page(1, 0, third), Page(2, third, 2 * third), Page(3, 2 * third, len(text)))
    started = perf_counter()
    clean(Reading(text, pages), params(*STEPS))
    assert perf_counter() - started < 7


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("e\ufb03cient \ufb01rst \ufb05one", "efficient first stone"),
        ("cafe\u0301", "caf\u00e9"),
        ("co\u00adop\u200be\ufeffra\u2060tion", "cooperation"),
        ("clas\ufffesic", "classic"),
        ("10\u00a0km\u202f%", "10 km %"),
        ("bell\x07s\x1fring", "bells ring"),
        ("Auf\u200clage", "Auflage"),
        ("soft\u00ad\nware", "soft-\nware"),
        ("soft\u00ad  \nware", "soft-  \nware"),
    ],
)
def test_forms_become_plain_letters(written: str, plain: str) -> None:
    assert plain_letters(written) == plain


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, a joiner kept apart
        "\u0915\u094d\u200d\u0937",  # Hindi, a half letter
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
        "\u2764\ufe0f\u200d\U0001f525",
        "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",  # Hebrew with points, already in order
        "\u4e2d\u6587\u3000\u6587\u672c\u3002",
        "\u200f\u0639\u0631\u0628\u064a",
        "tab\tand\nline",
    ],
)
def test_what_a_script_needs_stays(text: str) -> None:
    assert plain_letters(text) == plain_letters(plain_letters(text))
    assert set(plain_letters(text)) == set(text)
    assert len(plain_letters(text)) == len(text)


def joined(text: str) -> str:
    return join_divided_words(Reading(text)).text


@pytest.mark.parametrize(
    ("divided", "whole"),
    [
        ("a classi-\nfication of texts", "a classification of texts"),
        ("(classi\u2010\nfication)", "(classification)"),
        ("los cora-\nzones y años", "los corazones y años"),
        ("класси-\nфикация", "классификация"),
        ("every three-\nfold in-\ncrease", "every threefold increase"),
        ("of a question-\n", "of a question-\n"),
    ],
)
def test_a_divided_word_becomes_whole(divided: str, whole: str) -> None:
    assert joined(divided) == whole


def test_a_compound_that_is_written_elsewhere_keeps_its_hyphen() -> None:
    assert joined("a real-time clock, real-\ntime data") == "a real-time clock, real-time data"


def test_a_compound_that_is_also_written_joined_loses_its_hyphen() -> None:
    text = "pre-training or pretraining by pre-\ntraining"
    assert joined(text) == "pre-training or pretraining by pretraining"


def test_two_words_that_the_text_knows_keep_their_hyphen() -> None:
    assert joined("the source is open, so open-\nsource") == "the source is open, so open-source"
    # German nouns have capitals, so that "bank" is no word of the text.
    assert joined("Die Bank hat Daten in der Daten-\nbank") == (
        "Die Bank hat Daten in der Datenbank"
    )


def test_a_chain_of_words_keeps_its_hyphens() -> None:
    text = "The state of the art is a state-of-\nthe-art, the art of the state-of-the-\nart."
    assert joined(text).count("state-of-the-art") == 2


def test_a_suspended_hyphen_keeps_its_blank() -> None:
    assert joined("pre-\nand postwar") == "pre- and postwar"


def test_capitals_are_joined_only_on_evidence() -> None:
    assert joined("HellaSwag is Hella-\nSwag") == "HellaSwag is HellaSwag"
    assert joined("BERT-Large is BERT-\nLarge") == "BERT-Large is BERT-Large"
    assert joined("a cruel stain-\nFreedom") == "a cruel stain-\nFreedom"


@pytest.mark.parametrize(
    "text",
    [
        "- one\n- two",
        "one -\ntwo",
        "GPT-\n3 and 1990-\n1995 and x1-\ny",
        "https://example.org/some-\npath",
        "see some-\nfile.txt",
        "mail to john-\ndoe@example.org",
        "run it --no-\ncolour",
        "| one-\ntwo | three |",
        "```\nsome-\nthing\n```",
        "בית-\nספר",
        "中文-\n文本",
        "word-\n\nanother",
    ],
)
def test_what_is_no_divided_word_is_left_alone(text: str) -> None:
    assert joined(text) == text


def test_pages_and_headings_are_not_glued_together() -> None:
    pages = paged(["some-", "thing"], between="\n")
    assert join_divided_words(pages) == pages
    headed = Reading("of pro-\ngress", headings=(Heading(1, "gress", 8, 13),))
    assert join_divided_words(headed) == headed


def test_spans_behind_a_joined_word_move() -> None:
    text = "a mea-\nsured value\n# Results"
    result = join_divided_words(Reading(text, headings=(Heading(1, "Results", 19, 28),)))
    assert result.text[result.headings[0].start : result.headings[0].end] == "# Results"


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
