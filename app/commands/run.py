"""`winnow run`: the pipeline, here, aside as an experiment, or on another folder."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.options import SetOption, WorkspaceOption
from app.reproduction import reproduce, reproduce_aside
from app.scorecard_table import scorecard_table
from app.settings_change import change_settings
from app.workspace import Workspace, find_workspace, is_workspace
from app.workspace_creation import create_workspace, default_workspace
from eval.params import read_params
from eval.recording import read_scorecard
from pipeline.artifact import read_json
from pipeline.errors import ParamsError
from pipeline.version_store import VersionStore

RawOption = Annotated[
    Path | None, typer.Option("--raw", help="Another folder of documents; it is only read.")
]
CasesOption = Annotated[
    Path | None, typer.Option("--cases", help="JSON Lines file of Cases to score it on.")
]
OnlyOption = Annotated[str | None, typer.Option("--only", metavar="STAGE", help="One stage alone.")]
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
    workspace: WorkspaceOption = None,
    cases: CasesOption = None,
    only: OnlyOption = None,
    experiment: ExperimentOption = None,
    settings: SetOption = None,
) -> None:
    """Build a Version and score it: what changed runs, the rest is kept."""
    place = _place(raw, workspace, cases)
    if experiment is not None:
        _run_aside(place, experiment, settings or [])
        return
    change_settings(place.params, settings or [])
    read_params(place.params)
    reproduce(place, only)
    _report(place)


def _place(raw: Path | None, workspace: Path | None, cases: Path | None) -> Workspace:
    if raw is None:
        if cases is not None:
            raise ParamsError("--cases goes with --raw; here, dvc.yaml names the Cases")
        return find_workspace(workspace)
    target = workspace or default_workspace(raw, find_workspace(None))
    return create_workspace(target, raw, cases)


def _run_aside(place: Workspace, name: str, settings: list[str]) -> None:
    if not (place.root / ".git").exists():
        raise ParamsError("--experiment needs a git repository; without one, use --workspace DIR")
    read_params(place.params)
    reproduce_aside(place, name, settings)
    Console().print(f"experiment {name} is done: `winnow versions` lists it")


def _report(place: Workspace) -> None:
    console = Console()
    report = read_json(place.ingest_report)
    console.print(
        f"{report['read']} documents read, {report['quarantined']} quarantined, "
        f"{report['characters']:,} characters"
    )
    for file in report["files"]:
        if file["status"] == "quarantined":
            console.print(f"  quarantined {file['path']}: {file['reason']}", markup=False)
    if place.version is None:
        return
    console.print(f"Version {place.version}")
    if place.scorecard is not None:
        card = read_scorecard(VersionStore(place.cache).files(place.scorecard))
        console.print(scorecard_table(card))
    option = (
        ""
        if is_workspace(Path.cwd()) and place.root == Path.cwd()
        else f" --workspace {place.root}"
    )
    console.print(f'ask it: winnow ask{option} "your question"', markup=False)
