from pathlib import Path

import pytest

from pipeline.lexical_search import LexicalSearch
from pipeline.version import Version
from tests.searched_corpus import SearchedCorpus, retrieval_params, searched_corpus, text_chunks

TEXTS = ["the pump stops", "the valve leaks", "the pump stops", "a blue light", "保証期間は五年"]


@pytest.fixture
def small(tmp_path: Path) -> SearchedCorpus:
    return searched_corpus(tmp_path, text_chunks(TEXTS), part=0)


def test_only_chunks_that_share_a_word_are_found_ties_in_order(small: SearchedCorpus) -> None:
    search = small.search(retrieval_params(mode="lexical"))
    ranking = search("Do the pumps leak?", 10)
    assert ranking.rows.tolist() == [1, 0, 2]
    assert ranking.scores[0] > ranking.scores[1] == ranking.scores[2] > 0
    assert len(search("pump", 1)) == 1
    assert len(search("pump", 0)) == 0


@pytest.mark.parametrize("question", ["", "what is it", "?", "gasket", "ж", "\udce9"])
def test_a_question_that_shares_no_word_finds_nothing(small: SearchedCorpus, question: str) -> None:
    assert len(small.search(retrieval_params(mode="lexical"))(question, 5)) == 0


@pytest.mark.parametrize(("question", "row"), [("pump " * 10_000, 0), ("保証", 4)])
def test_long_and_chinese_questions_find_their_chunk(
    small: SearchedCorpus, question: str, row: int
) -> None:
    assert small.search(retrieval_params(mode="lexical"))(question, 1).rows.tolist() == [row]


def test_only_allowed_rows_are_found(small: SearchedCorpus) -> None:
    search = small.search(retrieval_params(mode="lexical", documents=["2.md", "3.md"]))
    assert search("Do the pumps leak?", 10).rows.tolist() == [2]


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
    assert version.lexical is not None
    rows = LexicalSearch(version.lexical).search(question, 1).rows.tolist()
    [chunk] = version.chunks.chunks(rows)
    assert chunk.document == document
