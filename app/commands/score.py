"""`winnow score`: how far can a score be trusted, when nothing has changed?"""

import logging
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from app.commands.options import WorkspaceOption
from app.workspace.workspace import Workspace, find_workspace
from eval.answers.answers import CaseAnswer, read_answers
from eval.answers.asking import ask_cases
from eval.answers.identity import read_identity
from eval.cases.case import Case, case_set_hash, read_cases
from eval.judges.panel import open_judges
from eval.noise import AnswerAgain, Deviation, FrozenPassages, NoiseStudy, study_noise
from eval.params import JudgeParams, ScoreParams
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import ArtifactError, PrerequisiteError
from pipeline.files import write_json
from pipeline.params import SpendingParams, read_section

if TYPE_CHECKING:
    from pipeline.versions.version import Version

RepeatsOption = Annotated[
    int, typer.Option("--repeats", "-n", min=2, help="Times to judge, and to answer, each Case.")
]


def score(repeats: RepeatsOption, root: WorkspaceOption = None) -> None:
    """Say how much scores vary by the judge, and how much by the answer.

    The answers as they are get judged again and again; the passages as they are get answered
    again and again, and each answer is judged once. It is recorded in .winnow/noise.json alone.
    """
    # What will be asked is said before it is, as in the stages.
    logging.getLogger("winnow").setLevel(logging.INFO)
    workspace = find_workspace(root)
    cases, answers, version = _built(workspace)
    params = read_section(workspace.params, "score", ScoreParams)
    judging = read_section(workspace.params, "judge", JudgeParams)
    spending = read_section(workspace.params, "spending", SpendingParams)
    with Endpoints(os.environ, workspace.scratch, spending) as endpoints:
        study = study_noise(
            cases,
            answers,
            _again(version, cases, answers, endpoints),
            open_judges(params, judging, workspace.scratch / "encoders", endpoints),
            repeats,
            params,
            judging,
        )
    content = {"version": version.id, "cases": case_set_hash(cases), "repeats": repeats}
    path = workspace.scratch / "noise.json"
    write_json(path, {**content, **asdict(study)})
    _show(study, repeats, path)


def _built(workspace: Workspace) -> "tuple[tuple[Case, ...], list[CaseAnswer], Version]":
    """Return what was asked, what was answered, and by which Version."""
    from pipeline.versions.version import open_version_folder

    data = workspace.root / "data"
    if workspace.cases is None or not (data / "answers").is_dir():
        raise PrerequisiteError("no Version was scored here yet; run `winnow run`")
    cases = read_cases(workspace.cases)
    identity = read_identity(data / "answers" / "meta.json")
    version = open_version_folder(data / "version")
    if (identity.version, identity.cases) != (version.id, case_set_hash(cases)):
        raise ArtifactError("the answers are of another Version or to other Cases; run `dvc repro`")
    return cases, read_answers(data / "answers" / "answers.parquet"), version


def _again(
    version: "Version",
    cases: tuple[Case, ...],
    answers: list[CaseAnswer],
    endpoints: Endpoints,
) -> AnswerAgain | None:
    from pipeline.answerer import open_answerer

    generation = version.manifest.generation
    if generation.generator == "extractive":
        return None
    answered = {each.case_id for each in answers if each.answer is not None}
    asked = [case for case in cases if case.id in answered]

    def again(repeat: int) -> list[CaseAnswer]:
        frozen = FrozenPassages(open_answerer(version, endpoints, repeat), answers)
        return ask_cases(frozen, asked, 0, endpoints, generation)

    return again


def _show(study: NoiseStudy, repeats: int, path: Path) -> None:
    console = Console(highlight=False)
    title = f"standard deviation within a Case, over {repeats} repeats"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("metric")
    for column in ("Cases", "judge", "answer", "± of the mean: judge", "answer"):
        table.add_column(column, justify="right")
    for metric in study.metrics:
        table.add_row(
            metric.metric,
            str(metric.cases),
            _deviation(metric.judge),
            _deviation(metric.answer),
            f"{metric.judge_error:.4f}",
            f"{metric.answer_error:.4f}",
        )
    console.print(table)
    for note in study.notes:
        console.print(note, markup=False)
    console.print(f"written to {path}", markup=False, soft_wrap=True)


def _deviation(each: Deviation) -> str:
    return f"{each.value:.3f}" + (f" ({each.low:.3f}..{each.high:.3f})" if each.high else "")
