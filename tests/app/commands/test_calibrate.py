"""`winnow gate calibrate`: refuses what it could not count on; the goals are a benchmark's."""

from pathlib import Path

import pytest

from app.commands.calibrate import calibrate
from pipeline.errors import DataError


def test_a_folder_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no folder"):
        calibrate(tmp_path / "nowhere")


def test_a_handful_of_questions_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora" / "a.md").write_text("A text.", encoding="utf-8")
    row = '"?","[{""content"": ""A"", ""start_index"": 0, ""end_index"": 1}]",a\n'
    text = "question,references,corpus_id\n" + row * 3
    (tmp_path / "questions_df.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="holds 3 questions; 25 are the least"):
        calibrate(tmp_path, workspace=tmp_path / "w")
    assert not (tmp_path / "w").exists()
