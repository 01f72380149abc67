"""`winnow gate`: may this Version replace the champion?"""

import logging
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from app.commands.calibrate import calibrate
from app.commands.options import WorkspaceOption
from app.gate.sides import GateSides, choose_sides
from app.gate.trial import Judgement, judge_sides
from app.promotion.receipts import point_challenger
from app.report.files import report_paths, write_reports
from app.report.report import COULD_NOT_JUDGE
from app.report.terminal import verdict_text
from app.workspace.workspace import find_workspace
from eval.ledger.ledger import CHAMPION
from pipeline.errors import LedgerError, WinnowError

DEFAULT = "judge"
_log = logging.getLogger("winnow")
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
    """May a Version replace the champion, and how often is that answered wrongly?"""
    group = typer.Typer(cls=DefaultCommand, help=gate.__doc__)
    group.command(DEFAULT)(judge)
    group.command()(calibrate)
    return group


class DefaultCommand(TyperGroup):
    """Runs its command `judge` where the first word names none of its commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default's name first where no other is given."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


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
    root: WorkspaceOption = None,
) -> None:
    """Judge a candidate Case by Case against the champion, and by absolute floors.

    Exit codes: 0 pass, 1 fail, 3 inconclusive, 2 could not judge.
    """
    # What is answered and scored again is said before it takes its time.
    logging.getLogger("winnow").setLevel(logging.INFO)
    paths = report_paths(report, json=json, markdown=markdown, junit=junit, html=html)
    explained = bool(paths) if explain is None else explain
    try:
        workspace = find_workspace(root)
        sides = choose_sides(workspace, candidate, against, first)
        judgement = judge_sides(workspace, sides, explained=explained)
        write_reports(paths, judgement.report)
    except WinnowError as error:
        typer.secho(f"error: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(COULD_NOT_JUDGE) from None
    _challenge(sides, judgement)
    Console(highlight=False).print(verdict_text(judgement.report))
    raise typer.Exit(judgement.report.exit_code)


def _challenge(sides: GateSides, judgement: Judgement) -> None:
    """Let the alias `challenger` name what passed against the champion; the Verdict stands anyway.

    A ledger that is not there to write to, or that lacks the Scorecard, is said and no more.
    """
    if sides.ledger is None or sides.against != CHAMPION or judgement.verdict.outcome != "pass":
        return
    try:
        point_challenger(sides.ledger, sides.candidate)
    except LedgerError as error:
        _log.info("the alias `challenger` stays as it is: %s", error)
