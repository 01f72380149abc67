import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.sentences import sentence_spans


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Dr. Smith uses e.g. pumps.", "Version 4.2.1 is out.", "No. 5 is it."],
        ["M. Dupont est venu.", "La pièce coûte 5,50 €.", "Elle dure dix ans !"],
        ["Reset it!", "Does it run?", "It does…"],
        ["😀 Hello there.", "👩‍👩‍👧 Bye now!"],
    ],
)
def test_sentences_are_kept_whole(sentences: list[str]) -> None:
    assert _sentences(" ".join(sentences)) == sentences


def test_chinese_and_japanese_sentences_end_with_their_own_stop() -> None:
    assert _sentences("保証期間は五年です。次に。") == ["保証期間は五年です。", "次に。"]


def test_wrapped_prose_is_joined_and_headings_are_not() -> None:
    text = "Warranty\n\nThe pump\nlasts five years.\nKeep it\nclean."
    assert _sentences(text) == ["Warranty", "The pump\nlasts five years.", "Keep it\nclean."]


def test_list_items_and_table_rows_stand_alone() -> None:
    text = "- open the valve\n- close it\n| a | b |\n| c | d |\nEnds here:\nnext"
    assert _sentences(text) == [
        "- open the valve",
        "- close it",
        "| a | b |",
        "| c | d |",
        "Ends here:",
        "next",
    ]


@pytest.mark.parametrize("text", ["", " ", "\n\n \t\n"])
def test_blanks_hold_no_sentence(text: str) -> None:
    assert sentence_spans(text) == []


ODD = st.sampled_from(
    ["a. B", "😀", "\u2028", "\x85", "\x0c", "\0", "\n", " ", "。", "é", "\udce9", "?!"]
)


@given(st.one_of(st.text(), st.lists(ODD).map("".join)))
def test_spans_are_ordered_stripped_and_cover_all_but_blanks(text: str) -> None:
    spans = sentence_spans(text)
    position, left = 0, ""
    for start, end in spans:
        assert position <= start < end
        assert text[start:end] == text[start:end].strip()
        left += text[position:start]
        position = end
    assert not (left + text[position:]).strip()
