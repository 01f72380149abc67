from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.chunker import Chunker, chunk_documents
from pipeline.digest import hash_text
from pipeline.document import Document, Heading, Page
from pipeline.params import ChunkParams
from pipeline.token_counter import tokenizer_named

METHODS = ("recursive", "token", "document")
TOKENIZERS = ("cl100k_base", "all-MiniLM-L6-v2")


@cache
def _params(method: str, size: int, overlap: int, tokenizer: str) -> ChunkParams:
    return ChunkParams.model_validate(
        {"method": method, "size": size, "overlap": overlap, "tokenizer": tokenizer}
    )


@cache
def _chunker(
    method: str, size: int = 20, overlap: int = 0, tokenizer: str = TOKENIZERS[0]
) -> Chunker:
    return Chunker(_params(method, size, overlap, tokenizer))


@cache
def _tokens(name: str, text: str) -> int:
    return len(tokenizer_named(name)(text))


def _document(text: str) -> Document:
    return Document("id", "a.md", "", "text/markdown", "markdown/1", text)


ODD = st.sampled_from(
    [
        "pump ",
        "The pump stops. ",
        "E-4471",
        "été",
        "保証期間。",
        "👩‍👩‍👧",
        "\n",
        "\n\n",
        "   ",
        "\t",
        "...",
        "x" * 50,
    ]
    + [
        "don't ",
        "\u0301",
        "\u200d",
        "ﷺ",
        "<|endoftext|>",
        "\0",
        "\u2028",
        "\x85",
        ", ",
        ";",
        "1234567",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(ODD, max_size=80).map("".join),
    st.text(" \n\t\u00a0", max_size=30),
    st.integers(1, 3000).map(lambda length: "ab" * length),
)
SETTINGS = st.tuples(
    st.sampled_from(METHODS),
    st.sampled_from([(8, 0), (16, 4), (40, 20)]),
    st.sampled_from(TOKENIZERS),
)


@given(TEXTS, SETTINGS)
def test_chunks_are_true_cover_everything_and_keep_to_size_and_overlap(
    text: str, settings: tuple[str, tuple[int, int], str]
) -> None:
    method, (size, overlap), tokenizer = settings
    spans = _chunker(method, size, overlap, tokenizer).spans(text)
    left, position = "", 0
    for start, end in spans:
        assert text[start:end].strip() == text[start:end] != ""
        left += text[position : max(start, position)]
        position = end
        if method != "document":
            assert _tokens(tokenizer, text[start:end]) <= size + 1
    assert not (left + text[position:]).strip()
    for (start, end), (next_start, next_end) in pairwise(spans):
        assert start < next_start
        assert end < next_end
        assert _tokens(tokenizer, text[next_start:end]) <= overlap


@given(TEXTS, st.sampled_from(METHODS))
def test_a_chunk_holds_the_text_of_its_span(text: str, method: str) -> None:
    for chunk in _chunker(method, 16, 4).chunks(_document(text)):
        assert text[chunk.start : chunk.end] == chunk.text
        assert chunk.text_hash == hash_text(chunk.text)


@pytest.mark.parametrize("method", ["recursive", "token"])
def test_forty_equal_passages_are_each_found_where_they_stand(method: str) -> None:
    text = "The pump must be reset. Then it runs again.\n\n" * 40
    chunks = _chunker(method, 16, 5).chunks(_document(text))
    covered = {position for chunk in chunks for position in range(chunk.start, chunk.end)}
    assert all(position in covered for position, letter in enumerate(text) if not letter.isspace())
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    assert len({chunk.text_hash for chunk in chunks}) < len(chunks)


def test_recursive_chunks_begin_and_end_with_sentences_and_repeat_whole_ones() -> None:
    text = " ".join(f"Sentence number {number} stands here." for number in range(30))
    spans = _chunker("recursive", 40, 10).spans(text)
    assert len(spans) > 3
    for start, end in spans:
        assert text[start:].startswith("Sentence")
        assert text[end - 1] == "."
    assert all(following[0] < previous[1] for previous, following in pairwise(spans))


def test_the_document_method_keeps_it_whole() -> None:
    text = "\n  One.\n\n" + "Two. " * 500
    [chunk] = _chunker("document").chunks(_document(text))
    assert chunk.text == text.strip()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", ["", " \n\n\t "])
def test_no_text_makes_no_chunk(method: str, text: str) -> None:
    assert _chunker(method).spans(text) == []


def test_chunks_know_their_page_and_headings() -> None:
    text = "# A\n\nOne two three four five six.\n\n## B\n\nSeven eight nine ten eleven twelve."
    second = text.index("## B")
    document = Document(
        "id", "a.pdf", "", "application/pdf", "pdfium/1", text,
        (Page(1, 0, second - 2), Page(2, second, len(text))),
        (Heading(1, "A", 0, 3), Heading(2, "B", second, second + 4)),
    )  # fmt: skip
    chunks = chunk_documents([document], _params("recursive", 12, 0, "cl100k_base"))
    last = chunks[-1]
    assert (chunks[0].page, chunks[0].headings) == (1, ("A",))
    assert (last.page, last.headings) == (2, ("A", "B"))
    assert {chunk.document for chunk in chunks} == {"a.pdf"}
    assert [chunk.start for chunk in chunks] == sorted(chunk.start for chunk in chunks)


def test_a_megabyte_without_blanks_is_cut_all_the_same() -> None:
    assert len(_chunker("token", 200, 0).spans("ab" * 100_000)) > 100
