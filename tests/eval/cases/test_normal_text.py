import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.cases.normal_text import NormalText, normalise

TEXTS = st.text(
    st.one_of(
        st.sampled_from(" \n\t\u00a0\u202f\u00ad\u200b-\u2013\u2014'\u2019\"\u201c\u00abe\u0301"),
        st.sampled_from("\ufb01\u00bd\u2026\u1100\u1161\u11a8\uac00\u0939\u093f\U0001d400"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("two  words\n\there", "two words here"),
        ("l\u2019\u00e9cran", "l'e\u0301cran"),
        ("a \u2013 b \u2014 c", "a - b - c"),
        ("\u201cquoted\u201d", '"quoted"'),
        ("hyphen\u00adated", "hyphenated"),
        ("\ufb01rmware 100\u00a0\u20ac", "firmware 100 \u20ac"),
        ("wait\u2026", "wait..."),
        ("Fjell 16 | \u00a3710 | 6,900", "Fjell 16  \u00a3710   6,900"),
        ("\u1112\u1161\u11ab", "\ud55c"),
    ],
)
def test_texts_that_differ_in_typography_alone_become_equal(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


def test_letter_case_and_accents_stay() -> None:
    assert normalise("US pêche") != normalise("us pêche") != normalise("us peche")


@given(TEXTS)
def test_the_map_agrees_with_the_text(original: str) -> None:
    body = NormalText(original)
    starts, originals, ends = body._pieces
    assert len(starts) == len(originals) == len(ends)
    previous = 0
    for position in range(len(body.text)):
        start, end = body.span(position, position + 1)
        assert 0 <= start < end <= len(original)
        assert start >= previous
        previous = start
        source = original[start:end]
        assert body.text[position] in normalise(source) or source.isspace()


@given(TEXTS)
def test_a_span_normalises_to_what_was_searched(original: str) -> None:
    body = NormalText(original)
    for start in range(0, len(body.text), 5):
        for end in range(start + 1, len(body.text) + 1, 7):
            first, last = body.span(start, end)
            assert body.text[start:end] in normalise(original[first:last])


@given(TEXTS)
def test_a_text_without_blanks_or_typography_is_as_in_nfkc(text: str) -> None:
    plain = "".join(each for each in text if each.isalpha() and each.isascii() or each == "\u0301")
    assert normalise(plain) == unicodedata.normalize("NFKC", plain)
