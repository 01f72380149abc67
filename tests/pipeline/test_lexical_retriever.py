from pathlib import Path

import pytest

from pipeline.chunk import Chunk
from pipeline.chunks import ChunkTable, write_chunks
from pipeline.lexical_index import build_lexical_index
from pipeline.lexical_retriever import LexicalRetriever
from pipeline.params import IndexParams
from pipeline.version import Version

TEXTS = ["the pump stops", "the valve leaks", "the pump stops", "a blue light"]


@pytest.fixture
def retriever(tmp_path: Path) -> LexicalRetriever:
    chunks = [
        Chunk(str(row), "d", f"{row}.md", 0, len(text), text, text, None, ())
        for row, text in enumerate(TEXTS)
    ]
    write_chunks(tmp_path / "chunks", chunks)
    index = build_lexical_index(TEXTS, IndexParams(kind="flat", part=0))
    return LexicalRetriever(index, ChunkTable.read(tmp_path / "chunks"))


def test_only_chunks_that_share_a_word_are_found_ties_in_order(
    retriever: LexicalRetriever,
) -> None:
    passages = retriever.retrieve("Do the pumps leak?", 10)
    assert [passage.document for passage in passages] == ["1.md", "0.md", "2.md"]
    assert [passage.rank for passage in passages] == [1, 2, 3]
    assert passages[0].score > passages[1].score == passages[2].score > 0
    assert len(retriever.retrieve("pump", 1)) == 1
    assert retriever.retrieve("pump", 0) == []


@pytest.mark.parametrize("question", ["", "what is it", "?", "gasket", "ж"])
def test_a_question_that_shares_no_word_finds_nothing(
    retriever: LexicalRetriever, question: str
) -> None:
    assert retriever.retrieve(question, 5) == []


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("How long does the warranty last?", "warranty.md"),
        ("Combien de temps dure la garantie de la chaudière ?", "garantie.html"),
        ("What does error E-4471 mean?", "notes.txt"),
        ("How tight must the screws be?", "install.pdf"),
        ("When do I clean the filter?", "maintenance.docx"),
    ],
)
def test_questions_find_their_document_in_every_format(
    version: Version, question: str, document: str
) -> None:
    retriever = LexicalRetriever(version.lexical, version.chunks)
    assert retriever.retrieve(question, 1)[0].document == document
