"""`winnow versions`: what was scored."""

import json
from typing import Annotated, Literal

import typer
from rich.console import Console

from app.catalogue import open_library
from app.options import WorkspaceOption
from app.scorecard_table import versions_table
from app.workspace import find_workspace

FormatOption = Annotated[Literal["table", "json"], typer.Option("--format", help="table or json")]


def versions(workspace: WorkspaceOption = None, output: FormatOption = "table") -> None:
    """List the scored Versions with their scores, newest first."""
    library = open_library(find_workspace(workspace))
    records, champion = library.records(), library.champion()
    if output == "json":
        rows = [
            {
                **record.scorecard.model_dump(mode="json"),
                "run": record.run,
                "tags": dict(record.tags),
                "measurements": dict(record.measurements),
                "champion": record.scorecard.version == champion,
            }
            for record in records
        ]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif records:
        Console().print(versions_table(records, champion))
    else:
        typer.echo("no Version is scored yet: run `winnow run`")
