import json
import logging
import random
from collections.abc import Sequence
from pathlib import Path

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.benchmarks.beir import (
    DEPTH,
    corpus_files,
    document_path,
    judged_cases,
    measure_ranking,
    missing_documents,
    ranked_documents,
)
from eval.cases.case import Case, Evidence
from pipeline.answer import Passage
from pipeline.errors import DataError
from tests.fakes import ScriptedRetriever

CORPUS = (
    {"_id": "a/b", "title": "Alpha", "text": "first"},
    {"_id": "ü 2", "text": "second", "metadata": {}},
    {"_id": 3, "title": None, "text": "third"},
    {"_id": "void", "title": "", "text": " "},
)
QUERIES = (
    {"_id": "q1", "text": "one?"},
    {"_id": 2, "text": "two?"},
    {"_id": "idle", "text": "nobody judged this"},
)
QRELS = 'query-id\tcorpus-id\tscore\nq1\ta/b\t2\nq1\tü 2\t1\nq1\t3\t0\n2\t"x\t1\n'


def write(
    folder: Path, corpus: Sequence[object] = CORPUS, queries: Sequence[object] = QUERIES
) -> Path:
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    for name, rows in (("corpus", corpus), ("queries", queries)):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text(QRELS, encoding="utf-8")
    return folder


def test_a_file_is_title_space_text_and_nothing_is_left_out_but_blanks(tmp_path: Path) -> None:
    assert dict(corpus_files(write(tmp_path))) == {
        "a%2Fb.txt": "Alpha first",
        "%C3%BC%202.txt": "second",
        "3.txt": "third",
    }


def test_judgements_become_graded_evidence_without_a_quote(tmp_path: Path) -> None:
    first, second = judged_cases(write(tmp_path), "test")
    assert (first.id, first.question) == ("q1", "one?")
    assert {each.document: each.grade for each in first.evidence} == {
        "a%2Fb.txt": 2,
        "%C3%BC%202.txt": 1,
    }
    assert {each.quote for each in first.evidence} == {None}
    assert [each.document for each in second.evidence] == ["%22x.txt"]


@given(st.lists(st.text(min_size=1, max_size=300), min_size=2, max_size=2, unique=True))
def test_any_two_ids_give_two_names_that_every_file_system_takes(ids: list[str]) -> None:
    try:
        for each in ids:
            each.encode()
    except UnicodeEncodeError:
        return
    first, second = map(document_path, ids)
    assert first != second
    for name in (first, second):
        assert len(name.encode()) <= 255
        assert Path(name).name == name


def test_a_missing_split_lists_the_splits(tmp_path: Path) -> None:
    (write(tmp_path) / "qrels" / "dev.tsv").touch()
    with pytest.raises(DataError, match=r"train.tsv does not exist; splits there: dev, test$"):
        judged_cases(tmp_path, "train")
    with pytest.raises(DataError, match="splits there: none"):
        judged_cases(tmp_path / "nowhere", "train")
    with pytest.raises(DataError, match=r"no query of queries.jsonl is judged in qrels/dev.tsv"):
        judged_cases(tmp_path, "dev")


def test_a_missing_file_names_the_layout(tmp_path: Path) -> None:
    (write(tmp_path) / "corpus.jsonl").unlink()
    with pytest.raises(DataError, match="BEIR's layout is corpus.jsonl, queries.jsonl, qrels/"):
        list(corpus_files(tmp_path))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not a JSON object"),
        ("3", "not a JSON object"),
        ('["_id", "text"]', "not a JSON object"),
        ('{"_id": "x"}', "lacks text"),
        ('{"_id": "x", "text": null}', "`text` is None, not a string"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    write(tmp_path)
    with (tmp_path / "corpus.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" + line)
    with pytest.raises(DataError, match=rf"corpus.jsonl:6: {said}"):
        list(corpus_files(tmp_path))


def test_a_broken_judgement_an_id_twice_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    write(tmp_path, corpus=[*CORPUS, {"_id": "3", "text": "again"}])
    with pytest.raises(DataError, match="the _id '3' stands twice"):
        list(corpus_files(tmp_path))
    (tmp_path / "qrels" / "test.tsv").write_text("q1\ta/b\tmuch\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"test.tsv:1: not query id, corpus id, grade"):
        judged_cases(tmp_path, "test")
    (tmp_path / "qrels" / "test.tsv").write_bytes(b"q1\t\xff\t1\n")
    with pytest.raises(DataError, match=r"test.tsv is not UTF-8 text"):
        judged_cases(tmp_path, "test")


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


def test_measures_are_those_of_trec_eval() -> None:
    order = random.Random(5)
    names = [f"d{each}" for each in range(150)]
    script, cases, judged, ranked = {}, [], [], []
    for number in range(20):
        question = f"q{number}"
        grades = {name: order.randint(1, 3) for name in order.sample(names, 9)}
        found = order.sample(names, 120)
        script[question] = passages(*found)
        cases.append(case(question, **grades))
        judged += [ir_measures.Qrel(question, *each) for each in grades.items()]
        ranked += [
            ir_measures.ScoredDoc(question, name, -rank) for rank, name in enumerate(found[:DEPTH])
        ]
    known = {"nDCG@10": "nDCG@10", "MRR@10": "RR@10", "Recall@10": "R@10", "Recall@100": "R@100"}
    measures = {name: ir_measures.parse_measure(there) for name, there in known.items()}
    theirs = ir_measures.calc_aggregate(measures.values(), judged, ranked)
    expected = {name: theirs[measure] for name, measure in measures.items()}
    assert measure_ranking(ScriptedRetriever(script), cases) == pytest.approx(expected)


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
