from lxml import etree

from app.gate_report.verdict_junit import junit_xml
from tests.app.gate_report.junit_schema import SCHEMA
from tests.app.gate_report.sample_verdict import first_release, sample

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
