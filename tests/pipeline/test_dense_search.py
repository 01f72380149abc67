from pathlib import Path

import numpy as np
import pytest

from pipeline.dense_search import DenseSearch
from pipeline.version import Version
from tests.searched_corpus import (
    QUESTIONS,
    SearchedCorpus,
    retrieval_params,
    searched_corpus,
    text_chunks,
)

TEXTS = ["the pump stops", "the valve leaks", "the pump stops", "a blue light"]


@pytest.fixture
def small(tmp_path: Path) -> SearchedCorpus:
    return searched_corpus(tmp_path, text_chunks(TEXTS))


def test_the_closest_come_first_and_ties_in_the_order_of_the_corpus(small: SearchedCorpus) -> None:
    ranking = small.search(retrieval_params(mode="dense"))("the pump stops", 3)
    assert ranking.rows.tolist() == [0, 2, 1]
    assert ranking.scores[:2] == pytest.approx([1.0, 1.0])
    assert ranking.scores[1] > ranking.scores[2]


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_more_than_there_are_gives_all_of_them_once(small: SearchedCorpus, question: str) -> None:
    search = small.search(retrieval_params(mode="dense"))
    assert sorted(search(question, 100).rows.tolist()) == [0, 1, 2, 3]
    assert len(search(question, 0)) == 0


def test_only_allowed_rows_are_found(small: SearchedCorpus) -> None:
    params = retrieval_params(mode="dense", documents=["1.md", "2.md"])
    assert small.search(params)("the pump stops", 4).rows.tolist() == [2, 1]


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    corpus = searched_corpus(tmp_path, [])
    assert len(corpus.search(retrieval_params(mode="dense"))("pump", 5)) == 0


def test_an_inexact_index_ranks_its_candidates_whatever_the_depth(tmp_path: Path) -> None:
    texts = [f"pump {row} has valve {row % 7} in hall {row % 31}" for row in range(400)]
    corpus = searched_corpus(tmp_path, text_chunks(texts), kind="hnsw", hnsw_ef_search=8)
    search = corpus.search(retrieval_params(mode="dense", candidates=20))
    whole = search("pump 7 in hall 3", 1000)
    assert len(whole) == 20
    for depth in (1, 5, 19):
        assert np.array_equal(search("pump 7 in hall 3", depth).rows, whole.rows[:depth])


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
    search = DenseSearch(version.encoder, version.index, retrieval_params(mode="dense"))
    [chunk] = version.chunks.chunks(search.search(question, 1).rows.tolist())
    assert chunk.document == document
