"""`winnow gate`: may this Version replace the champion?"""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.catalogue import open_library
from app.library import Library
from app.options import WorkspaceOption
from app.scorecard_table import SHORT
from app.workspace import find_workspace
from eval.gate import Finding, Verdict, judge_candidate
from eval.params import GateParams
from eval.scorecard import Scorecard
from pipeline.errors import PrerequisiteError, WinnowError
from pipeline.section import read_section

CandidateArgument = Annotated[
    str | None, typer.Argument(help="Start of a version id; the last built by default.")
]
_EXIT = {"pass": 0, "fail": 1, "inconclusive": 3}
_COULD_NOT_JUDGE = 2
_COLOURS = {"pass": "green", "fail": "red", "inconclusive": "yellow"}


def gate(candidate: CandidateArgument = None, workspace: WorkspaceOption = None) -> None:
    """Judge a candidate by floors, and against the champion if there is one.

    Exit codes: 0 pass, 1 fail, 3 inconclusive, 2 could not judge.
    """
    try:
        verdict = _judge(candidate, workspace)
    except WinnowError as error:
        typer.secho(f"error: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(_COULD_NOT_JUDGE) from None
    _show(verdict)
    raise typer.Exit(_EXIT[verdict.outcome])


def _judge(candidate: str | None, workspace: WorkspaceOption) -> Verdict:
    place = find_workspace(workspace)
    params = read_section(place.params, "gate", GateParams)
    library = open_library(place)
    chosen = library.resolve(candidate) if candidate else place.version
    if chosen is None:
        raise PrerequisiteError("no Version is built here yet; run `winnow run`")
    champion = library.champion()
    return judge_candidate(
        _scorecard(library, chosen),
        _scorecard(library, champion) if champion else None,
        params,
    )


def _scorecard(library: Library, version: str) -> Scorecard:
    record = library.record(version)
    if record is None:
        raise PrerequisiteError(f"Version {version} was never scored; run `winnow run`")
    return record.scorecard


def _show(verdict: Verdict) -> None:
    console = Console(highlight=False)
    against = f" against champion {verdict.champion[:SHORT]}" if verdict.champion else ""
    console.print(f"candidate {verdict.candidate[:SHORT]}{against}")
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for finding in verdict.findings:
        table.add_row(*_row(finding))
    console.print(table)
    for note in verdict.notes:
        console.print(note, markup=False)
    console.print(verdict.outcome.upper(), style=f"bold {_COLOURS[verdict.outcome]}")


def _row(finding: Finding) -> tuple[str, ...]:
    mark = "[green]ok[/green]" if finding.passed else "[red]not met[/red]"
    return (mark, finding.metric, escape(finding.reason))
