"""`winnow versions` and `winnow id`: what was scored, what is served, and what is at hand."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from app.commands.options import FormatOption, WorkspaceOption
from app.display.scorecards import versions_table
from app.library import named_version, open_ledger
from app.storage.inventory import at_hand
from app.workspace.workspace import find_workspace
from eval.ledger.ledger import CHALLENGER, Ledger, Record

NameArgument = Annotated[
    str,
    typer.Argument(help="champion, challenger, an experiment's name, or the start of an id."),
]


def versions(root: WorkspaceOption = None, output: FormatOption = "table") -> None:
    """List the scored Versions with their scores, newest first."""
    workspace = find_workspace(root)
    ledger = open_ledger(workspace)
    records = ledger.records()
    if output == "json":
        rows = version_rows(records, ledger, workspace.cache)
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif records:
        challenger = ledger.aliases().get(CHALLENGER)
        Console().print(versions_table(records, ledger.champion(), challenger))
    else:
        typer.echo("no Version is scored yet: run `winnow run`")


def version_id(name: NameArgument, root: WorkspaceOption = None) -> None:
    """Print the whole id of a Version, for scripts and for `winnow fetch`."""
    typer.echo(named_version(name, open_ledger(find_workspace(root))))


def version_rows(records: Sequence[Record], ledger: Ledger, cache: Path) -> list[dict[str, Any]]:
    """Return a JSON object for each Record, as docs/ledger.md describes it.

    Raises:
        LedgerError: the chain or the aliases cannot be read.
    """
    if not records:
        return []
    chain, aliases = ledger.chain(), ledger.aliases()
    present = {each: at_hand(cache, each) for each in {row.scorecard.version for row in records}}
    rows = []
    for record in records:
        id_ = record.scorecard.version
        card = record.scorecard.model_dump(mode="json")
        rows.append(
            {
                **card,
                # The metrics by Case tag give way to what a Record's tags say.
                "by_tag": card["tags"],
                "run": record.run,
                "tags": dict(record.tags),
                "measurements": dict(record.measurements),
                "champion": bool(chain) and chain[-1].version == id_,
                "aliases": sorted(alias for alias, named in aliases.items() if named == id_),
                "promoted": [at for at, link in enumerate(chain, 1) if link.version == id_],
                "at_hand": present[id_],
            }
        )
    return rows
