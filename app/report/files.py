"""Gate files: the reports of a Verdict, written where they are wanted; JUnit XML among them."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from app.report.markdown import verdict_markdown
from app.report.report import GateReport
from app.report.words import asked, figure, interval, signed, title
from eval.gate.verdict import Finding
from pipeline.errors import DataError, counted
from pipeline.files import write_json, write_text

NAMES = {
    "json": "verdict.json",
    "markdown": "verdict.md",
    "junit": "verdict.xml",
    "html": "verdict.html",
}
"""Kind of report to its name in a folder."""

# What XML 1.0 cannot hold, not even escaped.
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def report_paths(folder: Path | None, **paths: Path | None) -> dict[str, Path]:
    """Return a path for each kind of report that is wanted.

    Takes a folder for all of them, and single paths by kind, which go before.
    """
    every = {kind: folder / name for kind, name in NAMES.items()} if folder else {}
    return every | {kind: path for kind, path in paths.items() if path is not None}


def write_reports(paths: Mapping[str, Path], report: GateReport) -> None:
    """Write what is wanted, each file whole or not at all.

    Raises:
        DataError: a path cannot be written to.
    """
    for kind, path in paths.items():
        try:
            _WRITERS[kind](path, report)
        except OSError as error:
            raise DataError(
                f"{path} cannot be written ({error.strerror or error}); name another path"
            ) from None


def _write_page(path: Path, report: GateReport) -> None:
    from app.report.page import verdict_page

    write_text(path, verdict_page(report))


_WRITERS: dict[str, Callable[[Path, GateReport], None]] = {
    "json": lambda path, report: write_json(path, report.model_dump(mode="json")),
    "markdown": lambda path, report: write_text(path, verdict_markdown(report)),
    "junit": lambda path, report: write_text(path, junit_xml(report)),
    "html": _write_page,
}


def junit_xml(report: GateReport) -> str:
    """Return the document.

    A rule not met is a `failure`; one that could not be decided is an `error`, as JUnit has no
    third word. Tests take no time: what differs from run to run stands in no report.
    """
    outcomes = [each.outcome for each in report.findings]
    counts = {
        "name": "winnow gate",
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("fail")),
        "errors": str(outcomes.count("inconclusive")),
    }
    root = Element("testsuites", counts, time="0")
    suite = SubElement(root, "testsuite", counts, skipped="0", time="0")
    about = {
        "outcome": report.outcome,
        "candidate": report.candidate.version,
        "baseline": report.baseline.version if report.baseline else "",
        "cases": report.case_set.hash,
        "judge": report.judge,
    }
    properties = SubElement(suite, "properties")
    for name, value in about.items():
        SubElement(properties, "property", {"name": name, "value": _writable(value)})
    for finding in report.findings:
        _add_case(suite, finding)
    SubElement(suite, "system-out").text = _writable("\n".join((report.headline, *report.notes)))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


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
