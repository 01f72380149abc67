from pathlib import Path

import pyarrow as pa
import pytest

from eval.score import Score
from eval.scores import read_scores, write_scores
from pipeline.artifact import write_table
from pipeline.errors import ArtifactError


@pytest.mark.parametrize(
    "scores",
    [
        [],
        [Score.failed("q1", "rouge_l", "no reference")],
        [Score.of("q2", "chrf", 0.5), Score.not_applicable("q1", "chrf", "unanswerable")],
    ],
)
def test_scores_come_back_in_their_order(tmp_path: Path, scores: list[Score]) -> None:
    write_scores(tmp_path / "scores.parquet", scores)
    assert read_scores(tmp_path / "scores.parquet") == scores


def test_a_table_of_something_else_is_named(tmp_path: Path) -> None:
    write_table(tmp_path / "scores.parquet", pa.table({"colour": ["red"]}))
    with pytest.raises(ArtifactError, match=r"scores\.parquet does not hold scores"):
        read_scores(tmp_path / "scores.parquet")
