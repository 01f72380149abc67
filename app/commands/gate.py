"""`winnow gate`: may this Version replace the champion?"""

import logging
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.catalogue import open_endpoints
from app.commands.calibrate import calibrate
from app.default_command import DEFAULT, DefaultCommand
from app.gate_bench import GateBench
from app.gate_files import GateFiles
from app.gate_report.headline import COULD_NOT_JUDGE
from app.gate_report.report import GateReport
from app.gate_report.verdict_table import verdict_text
from app.gate_sides import choose_sides
from app.gate_trial import GateTrial
from app.measuring_terms import present_terms
from app.options import WorkspaceOption
from app.workspace import Workspace, find_workspace
from eval.case import read_cases
from eval.params import GateParams
from pipeline.errors import PrerequisiteError, WinnowError
from pipeline.section import read_section

_HELP = "May a Version replace the champion, and how often is that answered wrongly?"
CandidateArgument = Annotated[
    str | None, typer.Argument(help="Start of a version id; the last built by default.")
]
AgainstOption = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="champion|ID|git:REV",
        help="What to compare with: the champion by default, a Version, or the one that "
        "dvc.lock names in a git revision, for which no ledger is asked.",
    ),
]
FirstOption = Annotated[
    bool, typer.Option("--first", help="Nothing to compare with yet: judge the floors alone.")
]
ExplainOption = Annotated[
    bool | None,
    typer.Option(
        "--explain/--no-explain",
        help="Say what differs and which stage lost each Case; done where a report is written.",
    ),
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", metavar="DIR", help="Folder for all four reports.")
]
JsonOption = Annotated[Path | None, typer.Option("--json", help="verdict.json, for programs.")]
MarkdownOption = Annotated[
    Path | None, typer.Option("--markdown", help="A note for a pull request.")
]
JunitOption = Annotated[Path | None, typer.Option("--junit", help="JUnit XML, for a CI system.")]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="One page that needs no network, for people.")
]


def gate() -> typer.Typer:
    """Compose the gate's commands; `winnow gate` alone judges."""
    group = typer.Typer(cls=DefaultCommand, help=_HELP)
    group.command(DEFAULT)(judge)
    group.command()(calibrate)
    return group


def judge(
    candidate: CandidateArgument = None,
    against: AgainstOption = None,
    first: FirstOption = False,
    explain: ExplainOption = None,
    report: ReportOption = None,
    json: JsonOption = None,
    markdown: MarkdownOption = None,
    junit: JunitOption = None,
    html: HtmlOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Judge a candidate Case by Case against the champion, and by absolute floors.

    Exit codes: 0 pass, 1 fail, 3 inconclusive, 2 could not judge.
    """
    # What is answered and scored again is said before it takes its time.
    logging.getLogger("winnow").setLevel(logging.INFO)
    files = GateFiles.chosen(report, json=json, markdown=markdown, junit=junit, html=html)
    explained = bool(files.paths) if explain is None else explain
    try:
        found = _judge(find_workspace(workspace), candidate, against, first, explained)
        files.write(found)
    except WinnowError as error:
        typer.secho(f"error: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(COULD_NOT_JUDGE) from None
    Console(highlight=False).print(verdict_text(found))
    raise typer.Exit(found.exit_code)


def _judge(
    place: Workspace, candidate: str | None, against: str | None, first: bool, explained: bool
) -> GateReport:
    params = read_section(place.params, "gate", GateParams)
    if place.cases is None:
        raise PrerequisiteError(f"{place.root} has no Cases; give `winnow run --raw` --cases FILE")
    sides = choose_sides(place, candidate, against, first)
    terms = present_terms(place.params, read_cases(place.cases))
    locked = [place.scorecard, sides.revision.scorecard if sides.revision else None]
    scorecards = [each for each in dict.fromkeys(locked) if each is not None]
    with open_endpoints(place) as endpoints:
        bench = GateBench(place, terms, endpoints, sides.ledger, scorecards)
        trial = GateTrial(place, sides, params, bench, endpoints, explained=explained)
        return trial.report()
