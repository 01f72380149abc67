"""`winnow documents`: what became of each file of the raw folder."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.commands.options import FormatOption, WorkspaceOption
from app.display.ingest_report import near_duplicate_lines, read_ingest_report, total_lines
from app.workspace.workspace import find_workspace
from pipeline.documents.report import FileReport, Status

_WIDE = 120


def documents_table(files: Sequence[FileReport], width: int) -> Table:
    """Return a file a row, with reader and size where `width` columns have room for them."""
    wide = width >= _WIDE
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("file", overflow="fold")
    for column in ("pages", "characters", *(("bytes",) if wide else ()), "seconds"):
        table.add_column(column, justify="right", no_wrap=True)
    if wide:
        table.add_column("reader", no_wrap=True)
    table.add_column("what became of it", overflow="fold")
    for file in files:
        numbers = [_number(file.pages), _number(file.characters)]
        numbers += [_number(file.bytes)] if wide else []
        seconds = "–" if file.seconds is None else f"{file.seconds:.1f}"
        reader = [Text(file.reader or "–")] if wide else []
        # Text, since a name in square brackets would be taken for a style.
        table.add_row(Text(file.path), *numbers, seconds, *reader, _outcome(file))
    return table


def _number(value: int) -> str:
    return f"{value:,}" if value else "–"


def _outcome(file: FileReport) -> Text:
    if file.status == "quarantined":
        return Text(f"quarantined: {file.reason}", style="red")
    if file.status == "duplicate":
        return Text(f"duplicate of {file.same_as}")
    if not file.ocr_pages:
        return Text("read")
    sure = "" if file.ocr_confidence is None else f", confidence {file.ocr_confidence:.2f}"
    low = ", ".join(map(str, file.low_confidence))
    return Text(f"read, {file.ocr_pages} by OCR{sure}").append(
        f"; low on {low}" if low else "", style="yellow"
    )


StatusOption = Annotated[Status | None, typer.Option("--status", help="Only files that are this.")]


def documents(
    root: WorkspaceOption = None,
    status: StatusOption = None,
    output: FormatOption = "table",
) -> None:
    """List the files of the last ingest: read, duplicates, quarantined and why."""
    report = read_ingest_report(find_workspace(root))
    files = tuple(file for file in report.files if status in (None, file.status))
    if output == "json":
        shown = asdict(replace(report, files=files))
        for row in shown["files"]:
            # What `ingest` alone has a use for.
            del row["limit"]
        typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    console = Console()
    if files:
        console.print(documents_table(files, console.width))
    for line in near_duplicate_lines(report) if status is None else ():
        typer.echo(line)
    for line in total_lines(report):
        typer.echo(line)
