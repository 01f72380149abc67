import json
from pathlib import Path

import pytest
from lxml import etree

from app.report.files import NAMES, junit_xml, report_paths, write_reports
from app.report.report import GateReport
from pipeline.errors import DataError
from tests.app.report.junit_schema import SCHEMA
from tests.app.report.sample_verdict import first_release, sample

ROOT = etree.fromstring(junit_xml(sample()).encode())


def test_it_has_the_shape_that_ci_systems_read() -> None:
    schema = etree.XMLSchema(etree.fromstring(SCHEMA.encode()))
    for report in (sample(), first_release()):
        assert schema.validate(etree.fromstring(junit_xml(report).encode())), schema.error_log


def test_a_test_case_for_each_rule_and_the_counts_agree() -> None:
    [suite] = ROOT.findall("testsuite")
    cases = suite.findall("testcase")
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["4", "1", "1"]
    assert len(cases) == 4
    assert len(suite.findall("testcase/failure")) == 1
    assert cases[1].get("name") == "context_recall: at most 0.050 worse"
    assert cases[1].get("classname") == "winnow.gate.margin"


def test_what_could_not_be_decided_is_an_error_with_its_reason() -> None:
    [error] = ROOT.findall("testsuite/testcase/error")
    assert error.get("type") == "inconclusive"
    assert "may be worse by more than 0.02" in str(error.get("message"))


def test_characters_that_xml_cannot_hold_are_replaced() -> None:
    report = sample()
    broken = report.model_copy(update={"notes": ("bell \x07 and \ud800", "<&>")})
    root = etree.fromstring(junit_xml(broken).encode())
    assert "bell \ufffd and \ufffd\n<&>" in str(root.findtext("testsuite/system-out"))


def test_a_folder_gets_all_four_reports(tmp_path: Path) -> None:
    folder = tmp_path / "a new" / "folder"
    write_reports(report_paths(folder), sample())
    assert {path.name for path in folder.iterdir()} == set(NAMES.values())
    content = (folder / "verdict.json").read_text(encoding="utf-8")
    assert GateReport.model_validate_json(content) == sample()


def test_a_path_of_its_own_goes_before_the_folder(tmp_path: Path) -> None:
    paths = report_paths(tmp_path / "all", json=tmp_path / "one.json", html=None)
    assert paths["json"] == tmp_path / "one.json"
    assert paths["html"] == tmp_path / "all" / "verdict.html"
    write_reports(report_paths(None, json=tmp_path / "one.json"), sample())
    assert [path.name for path in tmp_path.iterdir()] == ["one.json"]
    assert json.loads((tmp_path / "one.json").read_text())["outcome"] == "fail"


def test_the_same_verdict_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_reports(report_paths(tmp_path / name), sample())
    for name in NAMES.values():
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_path_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"verdict\.json cannot be written"):
        write_reports(report_paths(tmp_path / "file"), sample())
