from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.chunking.splitter import Kind, SizeSplitter, locate_parts, tokenizer_named
from pipeline.errors import ParamsError
from tests.support.corpus import ODD_TEXTS


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


def test_a_repeated_passage_is_found_where_it_stands() -> None:
    text = "one two one two one three"
    parts = ["one two", "one two", "one three"]
    assert locate_parts(text, parts, overlap=False) == [(0, 7), (8, 15), (16, 25)]
    parts = ["one two one", "one two one three"]
    assert locate_parts(text, parts, overlap=True) == [(0, 11), (8, 25)]


def test_a_part_that_its_neighbour_holds_is_left_out() -> None:
    parts = ["a row", "a row and its end", "its end", "after"]
    assert locate_parts("a row and its end, after", parts[:2], overlap=True) is None
    text = "a row and its end after"
    assert locate_parts(text, parts, overlap=True) == [(0, 17), (18, 23)]


def test_parts_that_do_not_fit_are_not_found() -> None:
    for parts in (["one"], ["two three"], ["one", "three"], ["one two thre"], ["one two", "tree"]):
        assert locate_parts("one two three", parts, overlap=True) is None
        assert locate_parts("one two three", parts, overlap=False) is None
    assert locate_parts("one", [], overlap=True) is None


def test_endless_repetition_ends_the_search() -> None:
    assert locate_parts("a" * 20_000, ["a" * 5_000] * 7, overlap=True) is None


@st.composite
def _cuts(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a text of few letters, which repeats itself, and overlapping parts of it."""
    text = draw(st.text("ab ", min_size=1, max_size=60)).strip() or "a"
    parts, start, end = [], 0, 0
    while end < len(text):
        end = max(end + 1, min(len(text), start + draw(st.integers(1, 20))))
        while text[end - 1].isspace():
            end += 1
        parts.append(text[start:end])
        start = draw(st.integers(start + 1, end))
        while start < len(text) and text[start].isspace():
            start += 1
    return text, parts


@given(_cuts())
def test_parts_of_a_text_that_repeats_itself_cover_it(cut: tuple[str, list[str]]) -> None:
    text, parts = cut
    spans = locate_parts(text, parts, overlap=True)
    assert spans is not None
    assert {text[start:end] for start, end in spans} <= set(parts)
    assert all(one < two and first < second for (one, first), (two, second) in pairwise(spans))
    covered = {position for start, end in spans for position in range(start, end)}
    assert all(position in covered for position, letter in enumerate(text) if not letter.isspace())


@pytest.mark.parametrize(("name", "count"), [("cl100k_base", 6), ("all-MiniLM-L6-v2", 6)])
def test_tokens_are_counted_without_marks_of_begin_and_end(name: str, count: int) -> None:
    tokenize = tokenizer_named(name)
    assert len(tokenize("The pump must be reset.")) == count
    assert len(tokenize("")) == 0


@pytest.mark.parametrize("name", ["cl100k_base", "all-MiniLM-L6-v2"])
@pytest.mark.parametrize("text", ["\u0301", "\u200d", "<|endoftext|>", "a\0b", "word " * 3000])
def test_no_text_counts_nothing_and_none_is_refused(name: str, text: str) -> None:
    assert len(tokenizer_named(name)(text)) >= len(text.split())


@pytest.mark.parametrize("name", ["/gone/folder", "no-such-model", "a b"])
def test_an_unknown_tokenizer_is_one_line_with_the_fix(name: str) -> None:
    with pytest.raises(ParamsError, match="use cl100k_base, all-MiniLM") as caught:
        tokenizer_named(name)
    assert f"`chunk.tokenizer` is {name!r}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_tokenizer_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ParamsError, match="use cl100k_base"):
        tokenizer_named(str(tmp_path))
