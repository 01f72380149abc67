from pathlib import Path

import pyarrow as pa
import pytest

from eval.answers.answers import CaseAnswer, answer_seconds, read_answers, write_answers
from eval.answers.asking import ask_cases
from eval.cases.case import Case, Evidence
from eval.scores.scorecard import Score, read_scores, write_scores
from pipeline.answer import Generation, Passage, Sentence
from pipeline.answerer import Answerer
from pipeline.errors import ArtifactError, WinnowError
from pipeline.tables import write_table
from tests.fakes import ScriptedRetriever
from tests.support.models import ScriptedGenerator


def passage(rank: int, start: int, end: int, page: int | None = None) -> Passage:
    text = "x" * (end - start)
    headings = ("Chapter", "Part") if page else ()
    return Passage(rank, 1 / rank, f"c{rank}", "a.md", start, end, text, f"t{rank}", page, headings)


def case(name: str) -> Case:
    evidence = (Evidence(document="a.md"),)
    return Case(id=name, question=f"{name}?", answer="a", answerable=True, evidence=evidence)


def answerer(**script: Generation | Exception) -> Answerer:
    passages = [passage(1, 0, 40, page=2), passage(2, 40, 80), passage(3, 80, 120)]
    generator = ScriptedGenerator({f"{name}?": each for name, each in script.items()})
    return Answerer(ScriptedRetriever({"": passages}), generator, top_k=2)


GENERATION = Generation(
    (Sentence("Oui, \u00e9t\u00e9.", (1, 2)), Sentence("No.", ())), tokens=12, cost=0.5
)


def test_answers_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = ask_cases(answerer(one=GENERATION), [case("one"), case("two")], 70)
    write_answers(tmp_path / "answers.parquet", written)
    assert read_answers(tmp_path / "answers.parquet") == written
    assert written[0].answer is not None
    assert written[0].answer.passages[0].headings == ("Chapter", "Part")
    assert written[1].answer is not None
    assert written[1].answer.abstained
    assert [each.end for each in written[0].ranking] == [40, 80]


def test_one_case_that_raises_leaves_a_reason_and_the_rest_goes_on(tmp_path: Path) -> None:
    broken = answerer(one=GENERATION, two=WinnowError("the model is away"), three=ValueError())
    written = ask_cases(broken, [case("one"), case("two"), case("three")], 70)
    assert [each.error for each in written] == [None, "the model is away", "ValueError"]
    assert len(answer_seconds(written, "generate")) == 1
    write_answers(tmp_path / "answers.parquet", written)
    assert read_answers(tmp_path / "answers.parquet") == written


def test_the_same_answers_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_answers(tmp_path / name, ask_cases(answerer(one=GENERATION), [case("one")], 70))
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers.parquet"
    write_table(path, pa.table({"x": [1]}))
    with pytest.raises(ArtifactError, match="does not hold answers"):
        read_answers(path)
    with pytest.raises(ArtifactError, match="does not hold scores"):
        read_scores(path)


def test_scores_come_back_as_they_were_written(tmp_path: Path) -> None:
    scores = [
        Score.of("c", "f1", 0.5),
        Score.failed("c", "chrf", "why"),
        Score.not_applicable("d", "f1", "no"),
    ]
    write_scores(tmp_path / "scores.parquet", scores)
    assert read_scores(tmp_path / "scores.parquet") == scores


def test_no_answers_at_all_are_a_table_too(tmp_path: Path) -> None:
    write_answers(tmp_path / "a.parquet", [])
    assert read_answers(tmp_path / "a.parquet") == []
    write_answers(tmp_path / "a.parquet", [CaseAnswer("c", None, error="why")])
    assert read_answers(tmp_path / "a.parquet") == [CaseAnswer("c", None, error="why")]
