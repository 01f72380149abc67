from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.size_splitter import Kind, SizeSplitter
from pipeline.token_counter import tokenizer_named
from tests.odd_text import ODD_TEXTS


@cache
def _splitter(kind: Kind, size: int, overlap: int = 0) -> SizeSplitter:
    return SizeSplitter(size, overlap, tokenizer_named("cl100k_base"), kind)


@given(ODD_TEXTS, st.sampled_from(["recursive", "token"]), st.sampled_from([(8, 0), (40, 20)]))
def test_a_part_is_cut_as_if_it_were_the_text(
    text: str, kind: Kind, limits: tuple[int, int]
) -> None:
    splitter = _splitter(kind, *limits)
    spans = splitter.spans_within(f"Before. {text} After.", (8, 8 + len(text)))
    assert [(start - 8, end - 8) for start, end in spans] == splitter.spans(text)


@pytest.mark.parametrize("kind", ["recursive", "token"])
def test_forty_equal_passages_are_each_found_where_they_stand(kind: Kind) -> None:
    text = "The pump must be reset. Then it runs again.\n\n" * 40
    spans = _splitter(kind, 16, 5).spans(text)
    covered = {position for start, end in spans for position in range(start, end)}
    assert all(position in covered for position, letter in enumerate(text) if not letter.isspace())
    assert len({text[start:end] for start, end in spans}) < len(set(spans)) == len(spans)


def test_recursive_spans_begin_and_end_with_sentences_and_repeat_whole_ones() -> None:
    text = " ".join(f"Sentence number {number} stands here." for number in range(30))
    spans = _splitter("recursive", 40, 10).spans(text)
    assert len(spans) > 3
    for start, end in spans:
        assert text[start:].startswith("Sentence")
        assert text[end - 1] == "."
    assert all(following[0] < previous[1] for previous, following in pairwise(spans))


def test_a_span_that_its_successor_holds_is_left_out() -> None:
    splitter = SizeSplitter(16, 4, tokenizer_named("all-MiniLM-L6-v2"))
    assert splitter.spans("0" * 53) == [(0, 16), (16, 32), (32, 48), (48, 53)]


def test_a_megabyte_without_blanks_is_cut_all_the_same() -> None:
    assert len(_splitter("token", 200).spans("ab" * 100_000)) > 100
