import unicodedata
from collections import Counter
from itertools import pairwise
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cleaning import clean
from pipeline.document import Heading, Page
from pipeline.params import CleaningParams
from pipeline.reading import Reading
from tests.paged_reading import page_texts, paged

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
        " " * 3_000_000,
        "-\n" * 1_000_000,
        "ab-" * 1_000_000,
        "a" * 3_000_000,
        "a" + " " * 3_000_000 + "b",
        "\u00ad " * 1_000_000,
        "a" + "\u0301\u0323" * 300_000,
        "```x\n" * 500_000,
        "1 " * 1_000_000,
    ],
    ids=["blanks", "hyphens", "word", "letters", "gap", "soft", "marks", "fences", "digits"],
)
def test_time_grows_only_with_the_length(text: str) -> None:
    third = len(text) // 3
    pages = (Page(1, 0, third), Page(2, third, 2 * third), Page(3, 2 * third, len(text)))
    started = perf_counter()
    clean(Reading(text, pages), params(*STEPS))
    assert perf_counter() - started < 20
