from pathlib import Path

import numpy as np
import pytest

from pipeline.chunk import Chunk
from pipeline.chunks import ChunkTable, write_chunks
from pipeline.dense_retriever import DenseRetriever
from pipeline.params import IndexParams
from pipeline.vector_index import build_index
from pipeline.version import Version
from tests.fakes import BagOfWordsEncoder

TEXTS = ["the pump stops", "the valve leaks", "the pump stops", "a blue light"]


@pytest.fixture
def retriever(tmp_path: Path) -> DenseRetriever:
    chunks = [
        Chunk(str(row), "d", f"{row}.md", 0, len(text), text, text, None, ())
        for row, text in enumerate(TEXTS)
    ]
    write_chunks(tmp_path / "chunks", chunks)
    encoder = BagOfWordsEncoder()
    index = build_index(encoder.encode(TEXTS), IndexParams(kind="flat", part=4))
    return DenseRetriever(encoder, index, ChunkTable.read(tmp_path / "chunks"))


def test_the_closest_come_first_and_ties_in_the_order_of_the_corpus(
    retriever: DenseRetriever,
) -> None:
    passages = retriever.retrieve("the pump stops", 3)
    assert [passage.document for passage in passages] == ["0.md", "2.md", "1.md"]
    assert [passage.rank for passage in passages] == [1, 2, 3]
    assert passages[0].score == pytest.approx(1.0)
    assert passages[0].score >= passages[1].score >= passages[2].score


def test_more_than_there_are_gives_all(retriever: DenseRetriever) -> None:
    assert len(retriever.retrieve("pump", 100)) == len(TEXTS)
    assert retriever.retrieve("pump", 0) == []


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    write_chunks(tmp_path / "chunks", [])
    index = build_index(np.empty((0, 64), dtype=np.float32), IndexParams(kind="flat", part=4))
    table = ChunkTable.read(tmp_path / "chunks")
    assert DenseRetriever(BagOfWordsEncoder(), index, table).retrieve("pump", 5) == []


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
    retriever = DenseRetriever(version.encoder, version.index, version.chunks)
    assert retriever.retrieve(question, 1)[0].document == document
