"""A Verdict as JUnit XML, which every CI system shows: a test case for each Finding."""

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from app.gate_report.figure import counted, figure, interval, signed
from app.gate_report.headline import title
from app.gate_report.report import GateReport
from app.gate_report.verdict_table import asked
from eval.verdict import Finding

# What XML 1.0 cannot hold, not even escaped.
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: GateReport) -> str:
    """Return the document.

    A rule not met is a `failure`; one that could not be decided is an `error`, as JUnit has no
    third word. Tests take no time: what differs from run to run stands in no report.
    """
    failures = sum(each.outcome == "fail" for each in report.findings)
    errors = sum(each.outcome == "inconclusive" for each in report.findings)
    counts = {
        "tests": str(len(report.findings)),
        "failures": str(failures),
        "errors": str(errors),
        "skipped": "0",
        "time": "0",
    }
    root = Element(
        "testsuites", {"name": "winnow gate"} | {k: v for k, v in counts.items() if k != "skipped"}
    )
    suite = SubElement(root, "testsuite", {"name": "winnow gate", **counts})
    properties = SubElement(suite, "properties")
    for name, value in _properties(report).items():
        SubElement(properties, "property", {"name": name, "value": _writable(value)})
    for finding in report.findings:
        _add_case(suite, finding)
    SubElement(suite, "system-out").text = _writable("\n".join((report.headline, *report.notes)))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _properties(report: GateReport) -> dict[str, str]:
    return {
        "outcome": report.outcome,
        "candidate": report.candidate.version,
        "baseline": report.baseline.version if report.baseline else "",
        "cases": report.case_set.hash,
        "judge": report.judge,
    }


def _add_case(suite: Element, finding: Finding) -> None:
    name = f"{title(finding)}: {asked(finding)}"
    names = {"classname": f"winnow.gate.{finding.rule}", "name": _writable(name), "time": "0"}
    case = SubElement(suite, "testcase", names)
    if finding.outcome != "pass":
        kind = "failure" if finding.outcome == "fail" else "error"
        about = {"message": _writable(finding.reason), "type": finding.outcome}
        SubElement(case, kind, about).text = _writable(_figures(finding))
    else:
        SubElement(case, "system-out").text = _writable(_figures(finding))


def _figures(finding: Finding) -> str:
    parts = [f"candidate {figure(finding.candidate)}"]
    if finding.rule != "floor":
        bounds = interval(finding.low, finding.high)
        parts = [
            f"baseline {figure(finding.baseline)}",
            *parts,
            f"difference {signed(finding.difference)}" + (f" ({bounds})" if bounds else ""),
            f"{counted(finding.paired, 'Case')} paired",
        ]
    return f"{finding.reason}\n" + ", ".join(parts)


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
