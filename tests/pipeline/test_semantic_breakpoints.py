from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.segmentation import sentence_spans
from pipeline.semantic_breakpoints import SemanticBreakpoints
from tests.fakes import BagOfWordsEncoder

PUMP = " ".join(["Pumps hum all night."] * 3)
BILL = " ".join(["Bills arrive monthly."] * 3)


def _groups(*texts: str, percentile: float = 75.0) -> list[list[str]]:
    breakpoints = SemanticBreakpoints(BagOfWordsEncoder().encode, percentile)
    found = breakpoints.groups([(text, sentence_spans(text)) for text in texts])
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
    list(SemanticBreakpoints(embed, 90.0).groups((each, sentence_spans(each)) for each in texts))
    assert seen == ["One. Two.", "One. Two. Three.", "Three. Four.", "Two. Three. Four."]


def test_last_digits_of_a_vector_do_not_move_a_breakpoint() -> None:
    def shaken(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = BagOfWordsEncoder().encode(texts)
        return np.nextafter(vectors, np.float32(1.0))

    text = " ".join([PUMP, BILL] * 5)
    segmented = [(text, sentence_spans(text))]
    plain, other = (
        [*SemanticBreakpoints(embed, 60.0).groups(segmented)]
        for embed in (BagOfWordsEncoder().encode, shaken)
    )
    assert plain == other
