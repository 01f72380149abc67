"""`winnow promote` and `winnow rollback`: make a Version champion, and go back again."""

import logging
import os
from contextlib import nullcontext
from typing import Annotated

import typer
from rich.console import Console

from app.commands.options import RemoteOption, WorkspaceOption
from app.library import open_ledger
from app.promotion.promotion import PromotionRequest, PromotionResult, promote_version
from app.promotion.receipts import ReceiptWriter, Step
from app.promotion.rollback import roll_back
from app.report.report import COULD_NOT_JUDGE, EXIT_CODES, GateReport
from app.report.terminal import verdict_text
from app.storage.remote import open_remote
from app.workspace.workspace import find_workspace
from pipeline.errors import WinnowError

CandidateArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[ID]", help="Start of a version id, or an experiment; the last built by default."
    ),
]
FirstOption = Annotated[
    bool, typer.Option("--first", help="There is no champion yet: judge by the floors alone.")
]
OverrideOption = Annotated[
    str | None,
    typer.Option(
        metavar="REASON", help="Promote whatever the Verdict says; the receipt keeps both."
    ),
]
ReviewedOption = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT",
        help="What you looked at, where the Verdict is inconclusive and a reviewer decides.",
    ),
]
UploadOption = Annotated[
    bool, typer.Option("--upload/--no-upload", help="Store the Version at the remote first.")
]
ToOption = Annotated[
    str | None,
    typer.Option("--to", metavar="ID", help="An earlier champion; the one before by default."),
]
ReasonOption = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Why; the receipt keeps it.")
]


def promote(
    candidate: CandidateArgument = None,
    first: FirstOption = False,
    override: OverrideOption = None,
    reviewed: ReviewedOption = None,
    remote: RemoteOption = None,
    upload: UploadOption = True,
    root: WorkspaceOption = None,
) -> None:
    """Judge a Version against the champion; upload it and make it champion if it passes.

    Exit codes: 0 champion, 1 the gate failed it, 3 inconclusive, 2 anything else in the way.
    """
    # What is answered and scored again is said before it takes its time.
    logging.getLogger("winnow").setLevel(logging.INFO)
    try:
        request = PromotionRequest(
            find_workspace(root), candidate, first, override, reviewed, upload, remote
        )
        result = promote_version(request, os.environ, tell_step, _show)
    except WinnowError as error:
        typer.secho(f"error: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(COULD_NOT_JUDGE) from None
    _tell_result(result)


def tell_step(step: Step, text: str) -> None:
    """Print what was done on one line; what was left undone goes to stderr."""
    if step == "unfinished":
        typer.secho(f"warning: {text}", err=True, fg=typer.colors.YELLOW)
    else:
        typer.echo(text)


def _show(report: GateReport) -> None:
    Console(highlight=False).print(verdict_text(report))


def _tell_result(result: PromotionResult) -> None:
    if result.already:
        typer.echo(f"{result.version} is champion already: nothing to do")
    if result.refusal is not None and result.judged is not None:
        typer.secho(f"not promoted: {result.refusal}", err=True, fg=typer.colors.RED)
        raise typer.Exit(EXIT_CODES[result.judged.outcome])
    if result.experiment is not None:
        typer.echo(
            f"its params are those of the experiment {result.experiment}: bring them into the "
            f"workspace with `dvc exp apply {result.experiment}`"
        )


def rollback(
    to: ToOption = None,
    reason: ReasonOption = None,
    upload: UploadOption = True,
    root: WorkspaceOption = None,
) -> None:
    """Make the champion before champion again, with a receipt and without judging it anew.

    Its files must be at hand, in DVC's cache or at the remote, and be those that were promoted.
    """
    workspace = find_workspace(root)
    ledger = open_ledger(workspace)
    with open_remote(workspace) if upload else nullcontext() as remote:
        writer = ReceiptWriter(workspace, ledger, remote, os.environ, tell_step)
        if roll_back(writer, to, reason) is None:
            typer.echo(f"{ledger.champion()} is champion already: nothing to do")
