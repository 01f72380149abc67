"""Judgement: a Verdict, the two sides that it is on, and the report that shows it."""

from dataclasses import dataclass
from pathlib import Path

from app.gate_report.report import GateReport
from app.measured_version import MeasuredVersion
from eval.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate found; `folder` is where the candidate's scores stand if measured here."""

    verdict: Verdict
    candidate: MeasuredVersion
    baseline: MeasuredVersion | None
    report: GateReport
    folder: Path
