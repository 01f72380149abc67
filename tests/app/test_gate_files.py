import json
from pathlib import Path

import pytest

from app.gate_files import NAMES, GateFiles
from app.gate_report.report import GateReport
from pipeline.errors import DataError
from tests.app.gate_report.sample_verdict import sample


def test_a_folder_gets_all_four_reports(tmp_path: Path) -> None:
    folder = tmp_path / "a new" / "folder"
    GateFiles.chosen(folder).write(sample())
    assert {path.name for path in folder.iterdir()} == set(NAMES.values())
    content = (folder / "verdict.json").read_text(encoding="utf-8")
    assert GateReport.model_validate_json(content) == sample()


def test_a_path_of_its_own_goes_before_the_folder(tmp_path: Path) -> None:
    files = GateFiles.chosen(tmp_path / "all", json=tmp_path / "one.json", html=None)
    assert files.paths["json"] == tmp_path / "one.json"
    assert files.paths["html"] == tmp_path / "all" / "verdict.html"
    GateFiles.chosen(None, json=tmp_path / "one.json").write(sample())
    assert [path.name for path in tmp_path.iterdir()] == ["one.json"]
    assert json.loads((tmp_path / "one.json").read_text())["outcome"] == "fail"


def test_the_same_verdict_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        GateFiles.chosen(tmp_path / name).write(sample())
    for name in NAMES.values():
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_path_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"verdict\.json cannot be written"):
        GateFiles.chosen(tmp_path / "file").write(sample())
