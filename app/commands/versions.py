"""`winnow versions`: what was scored, what is served, and what is at hand."""

import json
from typing import Annotated, Literal

import typer
from rich.console import Console

from app.catalogue import open_library
from app.options import WorkspaceOption
from app.scorecard_table import versions_table
from app.version_rows import version_rows
from app.workspace import find_workspace
from eval.ledger import CHALLENGER

FormatOption = Annotated[Literal["table", "json"], typer.Option("--format", help="table or json")]


def versions(workspace: WorkspaceOption = None, output: FormatOption = "table") -> None:
    """List the scored Versions with their scores, newest first."""
    place = find_workspace(workspace)
    with open_library(place) as library:
        records, ledger = library.records(), library.ledger
    if output == "json":
        rows = version_rows(records, ledger, place.cache)
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif records:
        challenger = ledger.aliases().get(CHALLENGER)
        Console().print(versions_table(records, ledger.champion(), challenger))
    else:
        typer.echo("no Version is scored yet: run `winnow run`")
