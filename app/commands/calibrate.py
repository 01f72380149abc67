"""`winnow gate calibrate`: how often is the gate wrong, on real Versions whose truth is known?"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from app.commands.options import BuildOption
from app.workspace.creation import create_workspace, default_workspace
from app.workspace.reproduction import reproduce
from app.workspace.settings import change_settings
from app.workspace.workspace import REPOSITORY, Workspace, find_workspace
from eval.benchmarks.chunking import METRICS, Question, read_questions, regressed, score_rankings
from eval.cases.span import Span
from eval.gate.calibration import (
    DROPS,
    GOAL,
    MARGINS,
    ErrorRates,
    Scores,
    Settings,
    Share,
    alone,
    study_gate,
)
from eval.params import read_params
from pipeline.errors import DataError, PrerequisiteError
from pipeline.files import write_text
from pipeline.params import CleaningParams
from pipeline.versions.store import VersionStore

Rows = Mapping[str, Sequence[str]]


def calibration_lines(rates: Sequence[ErrorRates]) -> Iterator[str]:
    """Yield the lines of every table; percent, with the 95 % interval where it matters."""
    sizes = sorted({each.cases for each in rates})
    equal = [each for each in rates if each.kind == "equal"]
    planted = [each for each in alone(rates) if each.kind == "planted"]
    yield "Equal pairs: false blocks in % (95 % interval)"
    yield from _table("labels swapped with", sizes, _false_blocks(equal))
    yield "Equal pairs: pass in %, nearly all others are inconclusive"
    yield from _table("margin, labels swapped with", sizes, _passes(equal))
    for drop in DROPS:
        title = f"A drop of {100 * drop:g} points, margin {100 * GOAL:g} points"
        yield f"{title}: misses in % (95 % interval), then inconclusive"
        yield from _table("planted", sizes, _misses([e for e in planted if _near(e.drop, drop)]))
    yield (
        f"Regressions as they are, margin {100 * GOAL:g} points: pass in %, a miss where the drop "
        "is no less than the margin, then inconclusive"
    )
    diluted = [each for each in planted if not any(_near(each.drop, drop) for drop in DROPS)]
    yield from _table("planted (true drop in points)", sizes, _as_they_are(diluted))


def _false_blocks(equal: Sequence[ErrorRates]) -> Rows:
    rows: dict[str, list[str]] = {}
    for each in alone(equal):
        rows.setdefault(each.pair, []).append(_with_interval(each.failed))
    for each in equal:
        if len(each.margins) > 1:
            name = f"{each.pair}, {len(each.margins)} metrics"
            rows.setdefault(name, []).append(_with_interval(each.failed))
    return rows


def _passes(equal: Sequence[ErrorRates]) -> Rows:
    rows: dict[str, list[str]] = {}
    for margin in MARGINS:
        for each in alone(equal, margin):
            rows.setdefault(f"{margin:g}, {each.pair}", []).append(_percent(each.passed))
    for each in equal:
        if len(each.margins) > 1:
            name = f"{len(each.margins)} metrics, {each.pair}"
            rows.setdefault(name, []).append(_percent(each.passed))
    return rows


def _misses(planted: Sequence[ErrorRates]) -> Rows:
    rows: dict[str, list[str]] = {}
    for each in planted:
        cell = f"{_with_interval(each.passed)}, {_percent(each.inconclusive)}"
        rows.setdefault(each.pair, []).append(cell)
    return rows


def _as_they_are(planted: Sequence[ErrorRates]) -> Rows:
    rows: dict[str, list[str]] = {}
    for each in planted:
        cell = f"{_percent(each.passed)}, {_percent(each.inconclusive)}"
        rows.setdefault(f"{each.pair} ({100 * each.drop:.1f})", []).append(cell)
    return rows


def _table(head: str, sizes: Sequence[int], rows: Rows) -> Iterator[str]:
    yield ""
    yield f"| {head} | " + " | ".join(f"{size} Cases" for size in sizes) + " |"
    yield "|---" * (len(sizes) + 1) + "|"
    for name, cells in rows.items():
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""


def _percent(share: Share) -> str:
    return f"{100 * share.rate:.1f}"


def _with_interval(share: Share) -> str:
    return f"{_percent(share)} ({100 * share.low:.1f} to {100 * share.high:.1f})"


def _near(left: float, right: float) -> bool:
    return abs(left - right) < 1e-9


AS_IT_STANDS = tuple(f"cleaning.{key}=false" for key in CleaningParams.model_fields)
"""Gold spans count the characters of the files, so none of them may go."""

DEPTH = 40
"""Passages of a ranking: enough for the budget when half of them are lost."""


@dataclass(frozen=True, slots=True)
class RankedVersion:
    """A Version's id and its places for each question, best first."""

    version: str
    rankings: tuple[tuple[Span, ...], ...]


def ranked_versions(
    folder: Path,
    root: Path,
    settings: Mapping[str, Sequence[str]],
    questions: Sequence[Question],
) -> Iterator[tuple[str, RankedVersion]]:
    """Build a Version for each name's settings, from the repository's params, and rank with it."""
    from pipeline.answerer import open_retriever

    built = create_workspace(root, folder / "corpora")
    for name, changes in settings.items():
        version = build_version(built, [*AS_IT_STANDS, *changes])
        retriever = open_retriever(VersionStore(built.cache).open(version))
        bar = tqdm(questions, desc=name, unit="question", disable=None)
        rankings = tuple(
            tuple(
                Span(each.document, each.start, each.end)
                for each in retriever.retrieve(question.text, DEPTH)
            )
            for question in bar
        )
        yield name, RankedVersion(version, rankings)


def build_version(workspace: Workspace, settings: Sequence[str]) -> str:
    """Build with the repository's params and these settings; returns the Version's id."""
    write_text(workspace.params, (REPOSITORY / "params.yaml").read_text(encoding="utf-8"))
    change_settings(workspace.params, settings)
    read_params(workspace.params)
    reproduce(workspace)
    if workspace.version is None:
        raise PrerequisiteError(
            f"no Version was built in {workspace.root}; remove that folder and run again"
        )
    return workspace.version


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
    root: BuildOption = None,
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
    root = root or default_workspace(folder, find_workspace(None))
    versions = dict(ranked_versions(folder, root, {BASE: (), **EQUALS, **WORSE}, questions))
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
