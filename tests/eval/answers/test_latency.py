from pathlib import Path

import pytest

from eval.answers.latency import read_latency, seconds_path, write_seconds
from pipeline.errors import ArtifactError


def test_latency_is_the_whole_answer_in_milliseconds(tmp_path: Path) -> None:
    path = seconds_path(tmp_path / "seconds", "v.dir", "cases")
    write_seconds(path, [0.010, 0.020, 0.030], [0.0, 0.005, 0.010])
    assert read_latency(path) == pytest.approx({"latency_ms.p50": 25.0, "latency_ms.p95": 38.5})


def test_another_version_or_case_set_has_another_file(tmp_path: Path) -> None:
    paths = {seconds_path(tmp_path, *pair) for pair in [("v", "c"), ("w", "c"), ("v", "d")]}
    assert len(paths) == 3


def test_answers_made_elsewhere_have_no_latency(tmp_path: Path) -> None:
    assert read_latency(tmp_path / "none.json") == {}


def test_no_cases_have_no_latency(tmp_path: Path) -> None:
    write_seconds(tmp_path / "s.json", [], [])
    assert read_latency(tmp_path / "s.json") == {}


@pytest.mark.parametrize("content", ["{", "[]", '{"retrieve": [1.0], "generate": []}'])
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(content)
    with pytest.raises(ArtifactError, match=r"s\.json"):
        read_latency(path)
