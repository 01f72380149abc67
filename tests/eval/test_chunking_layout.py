"""Chroma's layout and measures."""

import csv
import json
from pathlib import Path

import pytest

from eval.chunking_layout import PUBLISHED, measure_chunking, read_questions
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


def test_the_published_rows_are_six() -> None:
    assert len(PUBLISHED) == 6
    assert {method for method, _, _ in PUBLISHED} == {"recursive", "token"}


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
