import pytest

from pipeline.document import Heading
from pipeline.line_division import join_divided_words
from pipeline.reading import Reading
from tests.paged_reading import paged


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
