from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.chunking.semantic import meaning_groups, sentence_units
from pipeline.chunking.splitter import tokenizer_named
from pipeline.documents.document import Document
from pipeline.documents.readers.text import find_headings
from pipeline.text.sentences import sentence_spans
from tests.fakes import BagOfWordsEncoder

PUMP = " ".join(["Pumps hum all night."] * 3)
BILL = " ".join(["Bills arrive monthly."] * 3)


def _groups(*texts: str, percentile: float = 75.0) -> list[list[str]]:
    segmented = [(text, sentence_spans(text)) for text in texts]
    found = meaning_groups(segmented, BagOfWordsEncoder().encode, percentile)
    return [
        [text[start:end] for start, end in spans] for text, spans in zip(texts, found, strict=True)
    ]


def test_a_text_divides_where_it_turns_to_something_else() -> None:
    assert _groups(f"{PUMP} {BILL}") == [[PUMP, BILL]]


def test_a_lower_percentile_divides_more() -> None:
    [[*few], [*many]] = (
        _groups(f"{PUMP} {BILL}", percentile=percentile)[0] for percentile in (95.0, 10.0)
    )
    assert len(few) < len(many)


def test_texts_are_divided_each_by_itself() -> None:
    texts = [f"{PUMP} {BILL}", "", "One sentence.", f"{BILL} {PUMP}"]
    assert _groups(*texts) == [_groups(text)[0] for text in texts]


@pytest.mark.parametrize("text", ["One sentence.", "The pump runs. Bills arrive."])
def test_two_sentences_have_one_distance_and_no_greater_one(text: str) -> None:
    assert _groups(text) == [[text]]


def test_equal_sentences_are_not_divided() -> None:
    text = " ".join(["The pump runs."] * 6)
    assert _groups(text, percentile=1.0) == [[text]]


def test_each_sentence_is_embedded_once_with_its_neighbours() -> None:
    seen: list[str] = []

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        seen.extend(texts)
        return BagOfWordsEncoder().encode(texts)

    texts = ["One. Two. Three. Four.", "One. Two. Three. Four."]
    list(meaning_groups([(each, sentence_spans(each)) for each in texts], embed, 90.0))
    assert seen == ["One. Two.", "One. Two. Three.", "Three. Four.", "Two. Three. Four."]


def test_last_digits_of_a_vector_do_not_move_a_breakpoint() -> None:
    def shaken(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = BagOfWordsEncoder().encode(texts)
        return np.nextafter(vectors, np.float32(1.0))

    text = " ".join([PUMP, BILL] * 5)
    segmented = [(text, sentence_spans(text))]
    plain, other = (
        [*meaning_groups(segmented, embed, 60.0)] for embed in (BagOfWordsEncoder().encode, shaken)
    )
    assert plain == other


def _units(text: str) -> list[str]:
    document = Document("", "a.md", "", "", "", text, (), find_headings(text))
    spans = sentence_units(document, tokenizer_named("cl100k_base"))
    return [text[start:end] for start, end in spans]


LONG = "The pump runs all night and all day."
OTHER = "The valve opens slowly and closes fast."


def test_a_unit_is_a_sentence() -> None:
    assert _units(f"{LONG} {OTHER}\n\n{LONG}") == [LONG, OTHER, LONG]


@pytest.mark.parametrize("crumb", ["1.", "---", "Yes.", "| 12 | 14.5 | 1200 | 7 |", "2019 2020"])
def test_a_crumb_joins_the_sentence_that_follows(crumb: str) -> None:
    assert _units(f"{OTHER}\n\n{crumb}\n\n{LONG}") == [OTHER, f"{crumb}\n\n{LONG}"]


def test_headings_join_the_sentence_that_follows_them() -> None:
    assert _units(f"# Pump\n\n## 1. Night\n\n{LONG} {OTHER}") == [
        f"# Pump\n\n## 1. Night\n\n{LONG}",
        OTHER,
    ]


def test_a_crumb_never_crosses_the_heading_that_follows() -> None:
    assert _units(f"{LONG}\nYes.\n\n## Valve\n\n{OTHER}") == [
        f"{LONG}\nYes.",
        f"## Valve\n\n{OTHER}",
    ]
    assert _units(f"## Pump\n\nYes.\n\n## Valve\n\n{OTHER}") == [
        "## Pump\n\nYes.",
        f"## Valve\n\n{OTHER}",
    ]


def test_what_nothing_follows_joins_the_sentence_before() -> None:
    assert _units(f"{LONG} Yes.") == [f"{LONG} Yes."]
    assert _units(f"{LONG}\n\n# Contact\n") == [f"{LONG}\n\n# Contact"]


@pytest.mark.parametrize("text", ["Pump", "# Pump\n\n## Valve", "1.\n\n2."])
def test_a_document_of_crumbs_is_one_unit(text: str) -> None:
    assert _units(text) == [text]


def test_chinese_sentences_are_units() -> None:
    assert _units("本手册说明热泵的安装。请保留收据与包装箱！") == [
        "本手册说明热泵的安装。",
        "请保留收据与包装箱！",
    ]
