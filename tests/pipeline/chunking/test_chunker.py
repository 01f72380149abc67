from functools import cache
from itertools import pairwise
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.chunking.chunk import Chunk
from pipeline.chunking.chunker import chunk_documents, chunk_prefix, document_title
from pipeline.chunking.splitter import tokenizer_named
from pipeline.documents.document import Document, Heading, Page
from pipeline.documents.readers.text import find_headings
from pipeline.errors import ParamsError
from pipeline.files import hash_of, hash_text
from pipeline.params import ChunkParams
from tests.fakes import BagOfWordsEncoder
from tests.support.corpus import ODD_TEXTS
from tests.support.versions import SETTINGS

MANUAL = "Home\n\n# Fjell *pump*\n\nStands outside.\n\n## Noise\n\n### Night\n\nIt whispers."
METHODS = ("recursive", "token", "document", "sentence", "headings", "semantic", "small_to_big")
TOKENIZERS = ("cl100k_base", "all-MiniLM-L6-v2")
HANDBOOK = """# Fjell pump

The pump stands outside. It needs no cellar, and no licence is asked for.

## Noise

### Night

At night it whispers. The limit is 35 decibels at the neighbour's window.

## Prices

| Part | Price |
|---|---|
| Seal | 12 |

1. Order it from the shop. 2. Wait for two days.
Yes.

## Contact
"""


def _document(text: str, path: str = "install/fjell_pump-2025.v2.md") -> Document:
    return Document("", path, "", "", "", text, (), find_headings(text))


def _prefix(text: str, at: str, kind: Literal["none", "title", "headings"]) -> str:
    document, start = _document(text), text.index(at)
    return chunk_prefix(document, document_title(document), start, start + len(at), kind)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (MANUAL, "Fjell pump"),
        ("## Noise\n\nLoud.\n\n# Pump", "Pump"),
        ("No heading.", "fjell pump 2025.v2"),
        ("x\n" * 600 + "# Late", "fjell pump 2025.v2"),
        (f"# {'A paragraph that looks like a heading ' * 5}", "fjell pump 2025.v2"),
    ],
    ids=["heading", "outermost", "none", "late", "long"],
)
def test_a_title_is_the_outermost_heading_near_the_start_or_the_files_name(
    text: str, title: str
) -> None:
    assert document_title(_document(text)).text == title


@pytest.mark.parametrize("path", ["__.md", ".env", "a/-"])
def test_a_name_of_signs_alone_is_a_title_as_it_is(path: str) -> None:
    assert document_title(_document("Text.", path)).text.strip()


@pytest.mark.parametrize(
    ("at", "title", "headings"),
    [
        ("It whispers.", "Fjell pump", "Fjell pump › Noise › Night"),
        ("### Night\n\nIt whispers.", "Fjell pump", "Fjell pump › Noise"),
        ("## Noise\n\n### Night", "Fjell pump", "Fjell pump"),
        ("Stands outside.", "Fjell pump", "Fjell pump"),
        ("# Fjell *pump*\n\nStands outside.", "", ""),
        ("Home\n\n# Fjell *pump*", "", ""),
        ("Home", "Fjell pump", "Fjell pump"),
    ],
)
def test_a_prefix_says_what_the_chunk_does_not(at: str, title: str, headings: str) -> None:
    assert _prefix(MANUAL, at, "none") == ""
    assert _prefix(MANUAL, at, "title") == title
    assert _prefix(MANUAL, at, "headings") == headings


def test_a_title_from_the_files_name_stands_before_the_headings() -> None:
    text = "x\n" * 600 + "# Noise\n\nIt whispers."
    assert _prefix(text, "It whispers.", "headings") == "fjell pump 2025.v2 › Noise"


@cache
def _tokens(name: str, text: str) -> int:
    return len(tokenizer_named(name)(text))


def _params(method: str, **changes: Any) -> ChunkParams:
    return ChunkParams.model_validate({**SETTINGS["chunk"], "method": method, **changes})


def _markdown(text: str) -> Document:
    return Document("id", "a.md", "", "text/markdown", "markdown/1", text, (), find_headings(text))


def _chunks(text: str, method: str, **changes: Any) -> list[Chunk]:
    params = _params(method, **changes)
    return chunk_documents([_markdown(text)], params, BagOfWordsEncoder().encode)


HEADED = st.lists(
    st.sampled_from(
        ["# A\n", "## B\n\n", "The pump stops. ", "Yes.\n", "1. ", "---\n\n", "x " * 40]
    ),
    max_size=40,
).map("".join)
LIMITS = st.sampled_from([(8, 0), (16, 4), (40, 20)])


@given(
    st.one_of(ODD_TEXTS, HEADED),
    st.sampled_from(METHODS),
    LIMITS,
    st.sampled_from(TOKENIZERS),
)
def test_chunks_are_true_cover_everything_and_keep_to_size_and_overlap(
    text: str, method: str, limits: tuple[int, int], tokenizer: str
) -> None:
    size, overlap = limits
    chunks = _chunks(text, method, size=size, overlap=overlap, tokenizer=tokenizer)
    assert bool(chunks) == bool(text.strip())
    rebuilt, position = text[: chunks[0].start if chunks else len(text)], 0
    for chunk in chunks:
        assert chunk.text == text[chunk.start : chunk.end] == chunk.text.strip() != ""
        assert chunk.text_hash == hash_text(chunk.text)
        rebuilt += chunk.text[max(position - chunk.start, 0) :] + chunk.gap
        position = chunk.end
        if method != "document":
            assert _tokens(tokenizer, chunk.text) <= size + 1
    assert not (text[: chunks[0].start] if chunks else text).strip()
    assert rebuilt == text[: len(rebuilt)]
    assert not text[len(rebuilt) :].strip()
    for chunk, after in pairwise(chunks):
        assert chunk.start < after.start
        assert chunk.end < after.end
        assert not chunk.gap.strip()
        assert _tokens(tokenizer, text[after.start : chunk.end]) <= overlap
    assert not chunks or chunks[-1].gap == ""


@given(st.one_of(ODD_TEXTS, HEADED), st.sampled_from(["sentence", "small_to_big"]), LIMITS)
def test_a_context_holds_its_chunk_and_is_a_run_of_chunks(
    text: str, method: str, limits: tuple[int, int]
) -> None:
    size, overlap = limits
    chunks = _chunks(text, method, size=size, overlap=overlap, parent=2 * size)
    starts, ends = {chunk.start for chunk in chunks}, {chunk.end for chunk in chunks}
    for chunk in chunks:
        assert chunk.context_start is not None
        assert chunk.context_end is not None
        assert chunk.context_start <= chunk.start < chunk.end <= chunk.context_end
        assert chunk.context_start in starts
        assert chunk.context_end in ends


@pytest.mark.parametrize("method", ["recursive", "token", "document", "headings", "semantic"])
def test_other_methods_set_no_context(method: str) -> None:
    assert {chunk.context_start for chunk in _chunks(HANDBOOK, method)} == {None}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "text",
    [
        "Pump",
        "# Pump\n\n## Valve\n\n### Seal",
        "no end in sight " * 60,
        "本手册说明热泵的安装。保修期为五年。请保留收据！" * 8,
    ],
    ids=["one word", "headings only", "no sentence end", "chinese"],
)
def test_unusual_documents_are_chunked_the_same_every_time(method: str, text: str) -> None:
    chunks = _chunks(text, method, size=30)
    assert chunks == _chunks(text, method, size=30)
    assert "".join(text.split()) == "".join("".join(chunk.text.split()) for chunk in chunks)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", ["", " \n\n\t "])
def test_no_text_makes_no_chunk(method: str, text: str) -> None:
    assert _chunks(text, method) == []


@pytest.mark.parametrize(
    ("method", "changes"),
    [
        ("sentence", {"window": 3}),
        ("sentence", {"size": 10}),
        ("small_to_big", {"parent": 70}),
        ("small_to_big", {"size": 20}),
        ("semantic", {"breakpoint": 20.0}),
        ("headings", {"size": 20}),
        ("headings", {"prefix": "title"}),
        ("headings", {"prefix": "headings"}),
        *[("recursive", {"method": method}) for method in METHODS[1:]],
    ],
)
def test_each_param_changes_the_chunks(method: str, changes: dict[str, Any]) -> None:
    assert _chunks(HANDBOOK, method) != _chunks(HANDBOOK, **{"method": method, **changes})


@pytest.mark.parametrize(
    ("method", "changes"),
    [
        ("recursive", {"window": 5, "parent": 900, "breakpoint": 5.0}),
        ("sentence", {"overlap": 10}),
        ("document", {"size": 8, "overlap": 4}),
    ],
)
def test_a_param_of_another_method_changes_nothing(method: str, changes: dict[str, Any]) -> None:
    assert _chunks(HANDBOOK, method) == _chunks(HANDBOOK, method, **changes)


def test_a_prefix_changes_what_is_indexed_and_neither_ids_nor_text() -> None:
    plain, titled = (_chunks(HANDBOOK, "headings", prefix=kind) for kind in ("none", "headings"))
    assert [chunk.id for chunk in plain] == [chunk.id for chunk in titled]
    assert [chunk.text for chunk in plain] == [chunk.text for chunk in titled]
    assert [chunk.prefix for chunk in plain] == ["", "", ""]
    assert [chunk.prefix for chunk in titled] == ["", "Fjell pump", "Fjell pump"]
    assert titled[1].indexed_text.startswith("Fjell pump\n## Noise\n")


def test_an_id_says_document_span_and_text() -> None:
    for chunk in _chunks(HANDBOOK, "sentence"):
        assert chunk.id == hash_of(["id", chunk.start, chunk.end, chunk.text])


def test_chunks_know_their_page_headings_and_tags() -> None:
    text = "# A\n\nOne two three four five six.\n\n## B\n\nSeven eight nine ten eleven twelve."
    second = text.index("## B")
    document = Document(
        "id", "a.pdf", "", "application/pdf", "pdfium/1", text,
        (Page(1, 0, second - 2), Page(2, second, len(text))),
        (Heading(1, "A", 0, 3), Heading(2, "B", second, second + 4)),
        tags=("manual",),
    )  # fmt: skip
    chunks = chunk_documents([document], _params("recursive", size=12))
    last = chunks[-1]
    assert (chunks[0].page, chunks[0].headings) == (1, ("A",))
    assert (last.page, last.headings) == (2, ("A", "B"))
    assert {(chunk.document, chunk.tags) for chunk in chunks} == {("a.pdf", ("manual",))}
    assert [chunk.start for chunk in chunks] == sorted(chunk.start for chunk in chunks)


def test_a_chunk_has_its_own_language_or_its_documents() -> None:
    text = (
        "The pump is to be mounted on a wall, and it is not to be covered. Keep it dry in the rain."
        "\n\nLa pompe est garantie dix ans et ne peut pas être prolongée par le client."
        "\n\nE-4471 KT-X630 KB-AS1"
    )
    languages = [chunk.language for chunk in _chunks(text, "sentence")]
    assert languages == ["english", "english", "french", "english"]
    assert [chunk.language for chunk in _chunks("保証期間は五年です。", "document")] == [None]


def test_semantic_chunks_need_an_encoder() -> None:
    with pytest.raises(ParamsError, match=r"`chunk\.method` is 'semantic'.* choose another"):
        chunk_documents([_markdown("One.")], _params("semantic"))
