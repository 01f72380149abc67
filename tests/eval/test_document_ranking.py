"""Ranking of documents, against scikit-learn's nDCG and by hand."""

import logging

import pytest
from sklearn.metrics import ndcg_score

from eval.case import Case, Evidence
from eval.document_ranking import DEPTH, measure_ranking, missing_documents, ranked_documents
from pipeline.answer import Passage
from tests.fakes import ScriptedRetriever


def passages(*documents: str) -> list[Passage]:
    return [
        Passage(rank, 1.0 / rank, f"c{rank}", document, rank, rank + 1, "t", "h", None, ())
        for rank, document in enumerate(documents, start=1)
    ]


def case(question: str, **grades: int) -> Case:
    evidence = tuple(Evidence(document=name, grade=grade) for name, grade in grades.items())
    return Case(id=question, question=question, answer="", answerable=True, evidence=evidence)


def test_a_document_ranks_where_its_first_chunk_does() -> None:
    retriever = ScriptedRetriever({"": passages("a", "a", "b", "a", "c")})
    assert ranked_documents(retriever, "?") == ["a", "b", "c"]


def test_many_chunks_of_one_document_do_not_shorten_the_ranking() -> None:
    names = [name for each in range(150) for name in [f"d{each}"] * 7]
    assert ranked_documents(ScriptedRetriever({"": passages(*names)}), "?") == [
        f"d{each}" for each in range(DEPTH)
    ]


def test_ndcg_has_linear_gains_as_trec_eval() -> None:
    ranking = [f"d{each}" for each in range(12)]
    grades = {"d1": 2, "d4": 1, "d11": 3}
    found = measure_ranking(ScriptedRetriever({"": passages(*ranking)}), [case("q", **grades)])
    truth = [[grades.get(name, 0) for name in ranking]]
    expected = ndcg_score(truth, [[-each for each in range(12)]], k=10)
    assert found["nDCG@10"] == pytest.approx(expected)


def test_measures_by_hand_and_as_means() -> None:
    script = {"one": passages("x", "a", "b"), "two": passages("c")}
    found = measure_ranking(
        ScriptedRetriever(script), [case("one", a=1, absent=1), case("two", c=1)]
    )
    assert found["MRR@10"] == pytest.approx((1 / 2 + 1) / 2)
    assert found["Recall@10"] == pytest.approx((1 / 2 + 1) / 2)
    assert found["Recall@100"] == found["Recall@10"]
    assert list(found) == ["nDCG@10", "MRR@10", "Recall@10", "Recall@100"]


def test_a_judged_document_that_is_absent_counts_and_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cases = [case("q", a=1, gone=1), case("r", gone=1)]
    with caplog.at_level(logging.WARNING, "winnow"):
        assert missing_documents(cases, {"a", "b"}) == ["gone"]
        assert missing_documents(cases, {"a", "gone"}) == []
    assert caplog.messages == ["1 judged document is not in the corpus"]
    found = measure_ranking(ScriptedRetriever({"": passages("a")}), cases[:1])
    assert found["nDCG@10"] < 1
