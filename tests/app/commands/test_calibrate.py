"""`winnow gate calibrate`: refuses what it could not count on; the goals are a benchmark's."""

from pathlib import Path

import pytest

from app.commands.calibrate import calibrate, calibration_lines
from eval.gate.calibration import ErrorRates, share_of
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
        calibrate(tmp_path, root=tmp_path / "w")
    assert not (tmp_path / "w").exists()


def rates(kind: str, drop: float, passed: int, failed: int, cases: int = 200) -> ErrorRates:
    counts = (passed, failed, 1000 - passed - failed)
    shares = [share_of(count, 1000) for count in counts]
    margins = {"context_recall": 0.05}
    return ErrorRates(kind, "chunks lost", margins, cases, drop, *shares)  # type: ignore[arg-type]


def test_false_blocks_and_misses_stand_with_their_intervals_by_size() -> None:
    lines = list(
        calibration_lines(
            [
                rates("equal", 0.0, 700, 20, 100),
                rates("equal", 0.0, 900, 25),
                rates("planted", 0.05, 15, 900),
                rates("planted", 0.077, 1, 999),
            ]
        )
    )
    assert "| labels swapped with | 100 Cases | 200 Cases |" in lines
    assert "| chunks lost | 2.0 (1.3 to 3.1) | 2.5 (1.7 to 3.7) |" in lines
    assert "| 0.05, chunks lost | 70.0 | 90.0 |" in lines
    assert "| chunks lost | 1.5 (0.9 to 2.5), 8.5 |" in lines
    assert "| chunks lost (7.7) | 0.1, 0.0 |" in lines
