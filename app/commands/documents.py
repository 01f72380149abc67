"""`winnow documents`: what became of each file of the raw folder."""

import json
from typing import Annotated

import typer
from rich.console import Console

from app.commands.versions import FormatOption
from app.documents_table import documents_table
from app.ingest_report import Status, read_ingest_report
from app.ingest_summary import near_duplicate_lines, total_lines
from app.options import WorkspaceOption
from app.workspace import find_workspace

StatusOption = Annotated[Status | None, typer.Option("--status", help="Only files that are this.")]


def documents(
    workspace: WorkspaceOption = None,
    status: StatusOption = None,
    output: FormatOption = "table",
) -> None:
    """List the files of the last ingest: read, duplicates, quarantined and why."""
    report = read_ingest_report(find_workspace(workspace))
    files = [file for file in report.files if status in (None, file.status)]
    if output == "json":
        shown = report.model_copy(update={"files": tuple(files)})
        typer.echo(json.dumps(shown.model_dump(mode="json"), indent=2, ensure_ascii=False))
        return
    console = Console()
    if files:
        console.print(documents_table(files, console.width))
    for line in near_duplicate_lines(report) if status is None else ():
        typer.echo(line)
    for line in total_lines(report):
        typer.echo(line)
