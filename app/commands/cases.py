"""`winnow cases`: the evaluation questions."""

from collections import Counter

import typer
from rich.console import Console
from rich.markup import escape

from app.commands.options import WorkspaceOption
from app.workspace.workspace import find_workspace
from eval.cases.case import read_cases
from eval.cases.case_check import CaseCheck, check_cases
from eval.params import ScoreParams
from pipeline.documents.document_table import DOCUMENT_ROWS
from pipeline.errors import PrerequisiteError
from pipeline.params import read_section


def cases() -> typer.Typer:
    """Look after the evaluation questions."""
    group = typer.Typer(help=cases.__doc__, no_args_is_help=True)
    group.callback()(_cases)
    group.command()(check)
    return group


def _cases() -> None:
    """Look after the evaluation questions."""


def check(root: WorkspaceOption = None) -> None:
    """Find every quote in the Documents; exit 1 if one is missing or a Case stands twice."""
    workspace = find_workspace(root)
    if workspace.cases is None:
        raise PrerequisiteError(
            f"{workspace.root} has no Cases; give `winnow run --raw` --cases FILE"
        )
    if not workspace.documents.is_file():
        raise PrerequisiteError("no Documents yet; run `winnow run --only ingest`")
    params = read_section(workspace.params, "score", ScoreParams)
    documents = DOCUMENT_ROWS.read(workspace.documents)
    checked = check_cases(read_cases(workspace.cases), documents, params.fuzzy)
    _show(checked)
    if not checked.ok:
        raise typer.Exit(1)


def _show(checked: CaseCheck) -> None:
    console = Console(highlight=False)
    console.print(f"{checked.cases} cases, {checked.unanswerable} of them unanswerable")
    console.print(", ".join(f"{tag} {count}" for tag, count in checked.tags.items()))
    ways = Counter(each.how for each in checked.evidence.lookups)
    console.print("evidence: " + ", ".join(f"{count} {how}" for how, count in ways.items()))
    if checked.several:
        console.print(f"{len(checked.several)} stand in several places, each of which will do:")
    for each in checked.several:
        documents = ", ".join(dict.fromkeys(span.document for span in each.spans))
        console.print(f"  {escape(each.case_id)}: {escape(documents)}")
    for orphan in checked.evidence.orphans:
        reason = escape(f"{orphan.case_id}: {orphan.document}: {orphan.reason}")
        console.print(f"[red]not found[/red] {reason}")
    for twice in checked.duplicates:
        text = escape(f"{twice.text} ({', '.join(twice.cases)})")
        console.print(f"[red]{twice.what} stands twice[/red] {text}")
    if checked.ok:
        console.print("[green]every quote found, nothing twice[/green]")
