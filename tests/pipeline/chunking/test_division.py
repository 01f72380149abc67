from typing import Any

import pytest

from pipeline.chunking.division import Division, heading_sections
from pipeline.chunking.splitter import tokenizer_named
from pipeline.documents.document import Document
from pipeline.documents.readers.text import find_headings
from pipeline.params import ChunkParams
from pipeline.text.sentences import sentence_spans
from tests.fakes import BagOfWordsEncoder
from tests.support.versions import SETTINGS

SENTENCES = [f"Sentence number {number} stands in this text." for number in range(12)]
PROSE = " ".join(SENTENCES)


def _divided(text: str, method: str, **changes: Any) -> list[tuple[str, str]]:
    """The text of each chunk, and of its context."""
    params = ChunkParams.model_validate({**SETTINGS["chunk"], "method": method, **changes})
    document = Document("", "a.md", "", "", "", text, (), find_headings(text))
    [spans] = Division(params, BagOfWordsEncoder().encode).spans([document])
    return [
        (text[each.start : each.end], text[each.context_start : each.context_end]) for each in spans
    ]


@pytest.mark.parametrize("window", [0, 1, 4])
def test_a_sentence_is_answered_with_those_around_it(window: int) -> None:
    assert _divided(PROSE, "sentence", window=window) == [
        (sentence, " ".join(SENTENCES[max(at - window, 0) : at + window + 1]))
        for at, sentence in enumerate(SENTENCES)
    ]


def test_a_sentence_above_size_is_cut_and_its_chunks_have_windows_like_sentences() -> None:
    text = f"{SENTENCES[0]} {'no end in sight ' * 60}. {SENTENCES[1]}"
    chunks = _divided(text, "sentence", size=20, window=1)
    assert len(chunks) > 4
    assert chunks[0][0] == SENTENCES[0]
    assert chunks[-1][0] == SENTENCES[1]
    assert all(len(context) < len(text) / 2 for _, context in chunks)


def test_a_child_is_answered_from_its_parent() -> None:
    chunks = _divided(PROSE, "small_to_big", size=20, parent=60)
    parents = [context for _, context in chunks]
    assert " ".join(dict.fromkeys(parents)) == PROSE
    assert 1 < len(set(parents)) < len(chunks)
    for parent in set(parents):
        assert " ".join(text for text, context in chunks if context == parent) == parent
        assert len(tokenizer_named("cl100k_base")(parent)) <= 60


def test_children_overlap_within_their_parent_alone() -> None:
    chunks = _divided(PROSE, "small_to_big", size=25, overlap=12, parent=60)
    for parent in {context for _, context in chunks}:
        children = [text for text, context in chunks if context == parent]
        held = [sentence for sentence in SENTENCES if sentence in parent]
        times = [sum(sentence in child for child in children) for sentence in held]
        assert (times[0], max(times), times[-1]) == (1, 2, 1)


def test_no_chunk_of_headings_holds_text_of_two_sections() -> None:
    text = "\n\n".join(f"## Section {at}\n\n{sentence}" for at, sentence in enumerate(SENTENCES))
    assert [chunk for chunk, _ in _divided(text, "headings", size=200)] == [
        f"## Section {at}\n\n{sentence}" for at, sentence in enumerate(SENTENCES)
    ]


@pytest.mark.parametrize("overlap", [0, 12])
def test_a_heading_does_not_stand_alone_before_a_paragraph_that_fills_a_chunk(overlap: int) -> None:
    paragraph = " ".join(SENTENCES[:4])
    text = f"# A heading of the pump\n\n{paragraph}\n\n{paragraph}"
    assert _divided(text, "recursive", size=42)[0][0] == "# A heading of the pump"
    chunks = [chunk for chunk, _ in _divided(text, "headings", size=42, overlap=overlap)]
    assert chunks[0].startswith(f"# A heading of the pump\n\n{SENTENCES[0]}")
    assert all(len(tokenizer_named("cl100k_base")(chunk)) <= 43 for chunk in chunks)


def test_semantic_chunks_are_whole_sentences_and_keep_to_size() -> None:
    bills = " ".join(f"Bills of month {number} cost money." for number in range(12))
    chunks = [chunk for chunk, _ in _divided(f"{PROSE}\n\n{bills}", "semantic", size=60)]
    assert PROSE.endswith(next(chunk for chunk in chunks if "number 11" in chunk))
    assert len(chunks) > 2
    for chunk in chunks:
        assert len(tokenizer_named("cl100k_base")(chunk)) <= 61
        assert all(chunk[end - 1] == "." for _, end in sentence_spans(chunk))


def test_a_document_is_kept_whole() -> None:
    text = "\n  One.\n\n" + "Two. " * 500
    assert [chunk for chunk, _ in _divided(text, "document")] == [text.strip()]


def _sections(text: str) -> list[tuple[str, str]]:
    """The text of each section, and that below its headings."""
    document = Document("", "a.md", "", "", "", text, (), find_headings(text))
    return [
        (text[each.start : each.end], text[each.body : each.end].strip())
        for each in heading_sections(document)
    ]


def test_a_section_reaches_from_its_heading_to_the_next() -> None:
    assert _sections("Home\n\n# Pump\nRuns.\n## Valve\nOpens.") == [
        ("Home\n\n", "Home"),
        ("# Pump\nRuns.\n", "Runs."),
        ("## Valve\nOpens.", "Opens."),
    ]


def test_a_heading_without_text_goes_with_the_next_section_and_the_last_with_the_one_before() -> (
    None
):
    assert _sections("# A\n\n## B\nText.\n\n## C\n## D\nMore.\n\n## E\n# F\n") == [
        ("# A\n\n## B\nText.\n\n", "Text."),
        ("## C\n## D\nMore.\n\n## E\n# F\n", "More.\n\n## E\n# F"),
    ]


def test_sections_cover_a_document_with_no_heading_and_one_with_nothing_else() -> None:
    assert _sections("Text.") == [("Text.", "Text.")]
    assert _sections("# A\n## B") == [("# A\n## B", "")]
