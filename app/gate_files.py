"""Gate files: the reports of a Verdict, written where they are wanted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.gate_report.report import GateReport
from app.gate_report.verdict_junit import junit_xml
from app.gate_report.verdict_markdown import verdict_markdown
from pipeline.artifact import write_json, write_text
from pipeline.errors import DataError

NAMES = {
    "json": "verdict.json",
    "markdown": "verdict.md",
    "junit": "verdict.xml",
    "html": "verdict.html",
}


@dataclass(frozen=True, slots=True)
class GateFiles:
    """Kind of report to its path: `json`, `markdown`, `junit`, `html`."""

    paths: Mapping[str, Path]

    @classmethod
    def chosen(cls, folder: Path | None, **paths: Path | None) -> "GateFiles":
        """Take a folder for all of them, and single paths, which go before."""
        every = {kind: folder / name for kind, name in NAMES.items()} if folder else {}
        return cls(every | {kind: path for kind, path in paths.items() if path is not None})

    def write(self, report: GateReport) -> None:
        """Write them, each whole or not at all.

        Raises:
            DataError: a path cannot be written to.
        """
        for kind, path in self.paths.items():
            try:
                _WRITERS[kind](path, report)
            except OSError as error:
                raise DataError(
                    f"{path} cannot be written ({error.strerror or error}); name another path"
                ) from None


def _write_json(path: Path, report: GateReport) -> None:
    write_json(path, report.model_dump(mode="json"))


def _write_page(path: Path, report: GateReport) -> None:
    from app.gate_report.verdict_page import verdict_page

    write_text(path, verdict_page(report))


_WRITERS: dict[str, Callable[[Path, GateReport], None]] = {
    "json": _write_json,
    "markdown": lambda path, report: write_text(path, verdict_markdown(report)),
    "junit": lambda path, report: write_text(path, junit_xml(report)),
    "html": _write_page,
}
