"""`winnow gate calibrate`: how often is the gate wrong, on real Versions whose truth is known?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.calibration_table import calibration_lines
from app.chunking_versions import RankedVersion, ranked_versions
from app.options import BuildOption
from app.workspace import REPOSITORY, find_workspace
from app.workspace_creation import default_workspace
from eval.calibration import ErrorRates, Scores, Settings
from eval.calibration_study import study_gate
from eval.chunking_layout import Question, read_questions
from eval.params import read_params
from eval.planted_regression import METRICS, regressed, score_rankings
from pipeline.errors import DataError

FolderArgument = Annotated[Path, typer.Argument(help="Folder in Chroma's layout.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print every rate as JSON.")]
RunsOption = Annotated[int, typer.Option("--runs", min=100, help="Simulated gates a rate.")]
ConfidenceOption = Annotated[
    float | None,
    typer.Option("--confidence", min=0.5, max=0.999, help="Instead of `gate.confidence`."),
]

BASE = "the default"
EQUALS: Mapping[str, Sequence[str]] = {
    "chunks of 120": ("chunk.size=120",),
    "diversity 0.3": ("retrieval.diversity=0.3",),
    "small chunks in large": ("chunk.method=small_to_big", "chunk.size=200"),
}
"""Versions to swap labels with: they differ from the default on few, some and many questions."""
WORSE: Mapping[str, Sequence[str]] = {
    "encoder cut to 32 tokens": ("encoder.max_tokens=32",),
    "encoder cut to 16 tokens": ("encoder.max_tokens=16",),
    "chunks of 400": ("chunk.method=recursive", "chunk.size=400"),
    "small chunks in large": EQUALS["small chunks in large"],
}
LEAST = 25
"""Cases: with fewer no rate is worth a word."""
_PRECISE = 0.02
"""A margin of precision and IoU, which are small at a fixed budget."""


def calibrate(
    folder: FolderArgument,
    as_json: JsonOption = False,
    runs: RunsOption = 2000,
    confidence: ConfidenceOption = None,
    workspace: BuildOption = None,
) -> None:
    """Count false blocks, misses and inconclusive Verdicts, by Cases, margin and severity.

    Builds eight Versions of the folder's corpora, which takes minutes the first time.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; give the benchmark's folder")
    questions = read_questions(folder)
    if len(questions) < LEAST:
        raise DataError(f"{folder} holds {len(questions)} questions; {LEAST} are the least")
    params = read_params(REPOSITORY / "params.yaml")
    place = workspace or default_workspace(folder, find_workspace(None))
    versions = dict(ranked_versions(folder, place, {BASE: (), **EQUALS, **WORSE}, questions))
    sizes = tuple(size for size in Settings().sizes if size <= len(questions))
    settings = Settings(sizes, confidence or params.gate.confidence, runs)
    rates = _rates(versions, questions, params.score.budget, settings)
    if as_json:
        content = {
            "versions": {name: each.version for name, each in versions.items()},
            "settings": asdict(settings),
            "rates": [asdict(each) for each in rates],
        }
        typer.echo(json.dumps(content, indent=2))
        return
    for line in calibration_lines(rates):
        typer.echo(line)


def _rates(
    versions: Mapping[str, RankedVersion],
    questions: Sequence[Question],
    budget: int,
    settings: Settings,
) -> list[ErrorRates]:
    scores: dict[str, Scores] = {
        name: score_rankings(each.rankings, questions, budget) for name, each in versions.items()
    }
    planted = dict(regressed(versions[BASE].rankings, questions, budget, settings.seed))
    worse = {**planted, **{name: scores[name] for name in WORSE}}
    equals = {name: scores[name] for name in EQUALS}
    margins = {"context_recall": 0.05, **dict.fromkeys(METRICS[1:], _PRECISE)}
    return list(study_gate(scores[BASE], equals, worse, settings, margins))
