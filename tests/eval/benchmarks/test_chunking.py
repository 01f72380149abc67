import csv
import json
from pathlib import Path

import pytest

from eval.benchmarks.chunking import (
    Question,
    drop_passages,
    measure_chunking,
    read_questions,
    regressed,
    score_rankings,
    shuffle_passages,
)
from eval.cases.span import Span
from pipeline.answer import Passage
from pipeline.errors import DataError
from tests.fakes import ScriptedRetriever

HEADER = ("question", "references", "corpus_id")


def write(folder: Path, *rows: tuple[str, object, str], header: tuple[str, ...] = HEADER) -> Path:
    (folder / "corpora").mkdir(exist_ok=True)
    (folder / "corpora" / "wiki.md").write_text("0123456789" * 10, encoding="utf-8")
    with (folder / "questions_df.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for question, references, corpus in rows:
            text = references if isinstance(references, str) else json.dumps(references)
            writer.writerow((question, text, corpus))
    return folder


def span(start: int, end: int) -> dict[str, object]:
    return {"content": "…", "start_index": start, "end_index": end}


def passage(start: int, end: int) -> Passage:
    return Passage(1, 1.0, "c", "wiki.md", start, end, "t", "h", None, ())


def test_figures_are_means_in_percent_of_the_top_five(tmp_path: Path) -> None:
    folder = write(
        tmp_path, ("one?", [span(0, 20)], "wiki"), ("two?", [span(40, 50), span(60, 70)], "wiki")
    )
    far = [passage(90, 91)] * 4
    retriever = ScriptedRetriever(
        {"one?": [passage(10, 30), *far, passage(0, 10)], "two?": [passage(40, 70)]}
    )
    found = measure_chunking(retriever, read_questions(folder))
    assert found["recall"] == pytest.approx(100 * (10 / 20 + 20 / 20) / 2)
    assert found["precision"] == pytest.approx(100 * (10 / 24 + 20 / 30) / 2)
    assert found["iou"] == pytest.approx(100 * (10 / 34 + 20 / 30) / 2)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("q", "[", "wiki"), "is broken"),
        (("q", [{"start_index": 1}], "wiki"), "a row lacks 'end_index'"),
        (("q", [{"start_index": "x", "end_index": 2}], "wiki"), "is broken"),
        (("q", [span(0, 1)], "other"), "refers to other.md, which is not in"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, row: tuple[str, object, str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_questions(write(tmp_path, row))


def test_another_table_nothing_and_other_bytes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="lacks corpora/.*Chroma's layout"):
        read_questions(tmp_path)
    with pytest.raises(DataError, match="holds no questions"):
        read_questions(write(tmp_path))
    row = ("q", [span(0, 1)], "wiki")
    with pytest.raises(DataError, match="a row lacks 'references'"):
        read_questions(write(tmp_path, row, header=("question", "refs", "corpus_id")))
    (tmp_path / "questions_df.csv").write_bytes(b"question,references,corpus_id\n\xff,[],wiki\n")
    with pytest.raises(DataError, match="is broken"):
        read_questions(tmp_path)


RANKING = [Span("a.md", start, start + 100) for start in range(0, 4000, 100)]
QUESTION = Question("?", (Span("a.md", 50, 150),))


def test_a_share_of_the_chunks_is_lost_and_more_of_them_at_a_larger_share() -> None:
    [few], [many] = (drop_passages([RANKING], share) for share in (0.1, 0.5))
    assert set(many) < set(few) < set(RANKING)
    assert 10 <= len(many) <= 30
    assert drop_passages([RANKING], 0.0) == [RANKING]


def test_a_chunk_that_is_lost_is_lost_to_every_question() -> None:
    one, other = drop_passages([RANKING, RANKING[::-1]], 0.5)
    assert set(one) == set(other)


def test_only_the_first_passages_are_shuffled_and_all_stay() -> None:
    [mixed] = shuffle_passages([RANKING], 10, seed=1)
    assert sorted(mixed[:10]) == RANKING[:10]
    assert mixed[:10] != RANKING[:10]
    assert mixed[10:] == RANKING[10:]


def test_scores_are_of_what_the_budget_brings() -> None:
    found = score_rankings([RANKING], [QUESTION], budget=100)
    assert found["context_recall"].tolist() == [0.5]
    assert found["context_precision"].tolist() == [0.5]
    assert score_rankings([RANKING], [QUESTION], 200)["context_recall"].tolist() == [1.0]


def test_every_regression_has_a_name_of_its_own_and_costs_nothing_in_shape() -> None:
    found = dict(regressed([RANKING] * 3, [QUESTION] * 3, budget=200, seed=7))
    assert len(found) == 10
    assert "50% of the budget" in found
    assert all(each["context_recall"].shape == (3,) for each in found.values())
