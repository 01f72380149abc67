"""`winnow run`: the pipeline, here, aside as an experiment, or on another folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.options import SetOption, WorkspaceOption
from app.display.ingest_report import read_ingest_report, summary_lines
from app.display.scorecards import scorecard_table
from app.workspace.committed_lock import machine_difference
from app.workspace.creation import create_workspace, default_workspace
from app.workspace.reproduction import reproduce, reproduce_aside
from app.workspace.settings import change_settings, settled_params
from app.workspace.workspace import Workspace, find_workspace, workspace_option
from eval.ledger.recording import read_scorecard
from eval.params import Params
from pipeline.endpoints.endpoint import endpoint_at
from pipeline.errors import ParamsError, PrerequisiteError
from pipeline.versions.store import VersionStore


def check_keys(
    workspace: Workspace, params: Params, environ: Mapping[str, str], only: str | None = None
) -> None:
    """Make sure that the endpoints of all stages, or of the one that is to run, can be asked.

    Raises:
        PrerequisiteError: naming the params key, its value and the variable to set.
    """
    stages = {only} if only is not None else set(workspace.stages)
    encoder, generator, judge = (
        params.encoder.provider,
        params.generation.generator,
        params.judge.provider,
    )
    try:
        if encoder != "local" and stages & {"embed", "answer"}:
            key = f"encoder.provider={encoder}"
            endpoint_at(encoder, environ)
        if generator != "extractive" and "answer" in stages:
            key = f"generation.generator={generator}"
            endpoint_at(generator, environ)
        if judge != "none" and "score" in stages:
            key = f"judge.provider={judge}"
            endpoint_at(judge, environ)
    except PrerequisiteError as error:
        raise PrerequisiteError(f"{key}: {error}") from None


RawOption = Annotated[
    Path | None, typer.Option("--raw", help="Another folder of documents; it is only read.")
]
CasesOption = Annotated[
    Path | None, typer.Option("--cases", help="JSON Lines file of Cases to score it on.")
]
OnlyOption = Annotated[
    str | None, typer.Option("--only", metavar="STAGE", help="One stage of dvc.yaml alone.")
]
ExperimentOption = Annotated[
    str | None,
    typer.Option(
        "--experiment",
        metavar="NAME",
        help="Build in a temporary copy as a DVC experiment; params.yaml stays as it is.",
    ),
]


def run(
    raw: RawOption = None,
    root: WorkspaceOption = None,
    cases: CasesOption = None,
    only: OnlyOption = None,
    experiment: ExperimentOption = None,
    settings: SetOption = None,
) -> None:
    """Build a Version and score it: what changed runs, the rest is kept."""
    workspace = _workspace(raw, root, cases)
    if experiment is not None:
        _run_aside(workspace, experiment, only, settings or [])
        return
    check_keys(workspace, settled_params(workspace.params, settings or []), os.environ, only)
    change_settings(workspace.params, settings or [])
    reproduce(workspace, only)
    if only in (None, "ingest"):
        _report_files(workspace)
    if only is None:
        _report_version(workspace)
        if difference := machine_difference(workspace):
            typer.secho(difference, err=True, dim=True)


def _workspace(raw: Path | None, root: Path | None, cases: Path | None) -> Workspace:
    if raw is None:
        if cases is not None:
            raise ParamsError("--cases goes with --raw; here, dvc.yaml names the Cases")
        return find_workspace(root)
    root = root or default_workspace(raw, find_workspace(None))
    return create_workspace(root, raw, cases)


def _run_aside(workspace: Workspace, name: str, only: str | None, settings: list[str]) -> None:
    if only is not None:
        raise ParamsError("--only does not go with --experiment, which builds a whole Version")
    if not (workspace.root / ".git").exists():
        raise ParamsError("--experiment needs a git repository; without one, use --workspace DIR")
    check_keys(workspace, settled_params(workspace.params, settings), os.environ)
    reproduce_aside(workspace, name, settings)
    typer.echo(f"experiment {name} is done: `winnow versions` lists it")


def _report_files(workspace: Workspace) -> None:
    how_to_list = f"winnow documents{workspace_option(workspace)}"
    for line in summary_lines(read_ingest_report(workspace), how_to_list):
        typer.echo(line)


def _report_version(workspace: Workspace) -> None:
    typer.echo(f"Version {workspace.version}")
    if workspace.scorecard is not None:
        card = read_scorecard(VersionStore(workspace.cache).files(workspace.scorecard))
        Console().print(scorecard_table(card))
    typer.echo(how_to_ask(workspace))


def how_to_ask(workspace: Workspace) -> str:
    """Return the command that asks the Version of a workspace, from where the user is."""
    return f'ask it: winnow ask{workspace_option(workspace)} "your question"'
