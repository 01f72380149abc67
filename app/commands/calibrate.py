"""`winnow gate calibrate`: how often is the gate wrong, on real Versions whose truth is known?"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from app.commands.benchmark import AS_IT_STANDS, benchmark_root, build_retriever
from app.commands.options import BuildOption
from app.workspace.creation import create_workspace
from app.workspace.workspace import REPOSITORY
from eval.benchmarks.chunking import Question, read_questions, regressed, score_rankings
from eval.cases.span import Span, span_of
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
from eval.scores.case_score import CHARACTER_METRICS
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
DEPTH = 40
"""Passages of a ranking: enough for the budget when half of them are lost."""
LEAST = 25
"""Cases: with fewer no rate is worth a word."""
_PRECISE = 0.02
"""A margin of precision and IoU, which are small at a fixed budget."""


@dataclass(frozen=True, slots=True)
class RankedVersion:
    """A Version's id and its spans for each question, best first."""

    version: str
    rankings: tuple[tuple[Span, ...], ...]


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
    root = benchmark_root(folder, root)
    questions = read_questions(folder)
    if len(questions) < LEAST:
        raise DataError(f"{folder} holds {len(questions)} questions; {LEAST} are the least")
    params = read_params(REPOSITORY / "params.yaml")
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


def calibration_lines(rates: Sequence[ErrorRates]) -> Iterator[str]:
    """Yield the lines of every table; percent, with the 95 % interval where it matters."""
    sizes = sorted({each.cases for each in rates})
    equal = [each for each in rates if each.kind == "equal"]
    together = [each for each in equal if len(each.margins) > 1]
    planted = [each for each in alone(rates) if each.kind == "planted"]
    yield "Equal pairs: false blocks in % (95 % interval)"
    yield from _table(
        "labels swapped with",
        sizes,
        [
            *((each.pair, _with_interval(each.failed)) for each in alone(equal)),
            *(
                (f"{each.pair}, {len(each.margins)} metrics", _with_interval(each.failed))
                for each in together
            ),
        ],
    )
    yield "Equal pairs: pass in %, nearly all others are inconclusive"
    yield from _table(
        "margin, labels swapped with",
        sizes,
        [
            *(
                (f"{margin:g}, {each.pair}", _percent(each.passed))
                for margin in MARGINS
                for each in alone(equal, margin)
            ),
            *(
                (f"{len(each.margins)} metrics, {each.pair}", _percent(each.passed))
                for each in together
            ),
        ],
    )
    yield from _miss_lines(planted, sizes)


def _miss_lines(planted: Sequence[ErrorRates], sizes: Sequence[int]) -> Iterator[str]:
    for drop in DROPS:
        yield (
            f"A drop of {100 * drop:g} points, margin {100 * GOAL:g} points: misses in % "
            "(95 % interval), then inconclusive"
        )
        cells = [
            (each.pair, f"{_with_interval(each.passed)}, {_percent(each.inconclusive)}")
            for each in planted
            if _near(each.drop, drop)
        ]
        yield from _table("planted", sizes, cells)
    yield (
        f"Regressions as they are, margin {100 * GOAL:g} points: pass in %, a miss where the drop "
        "is no less than the margin, then inconclusive"
    )
    cells = [
        (
            f"{each.pair} ({100 * each.drop:.1f})",
            f"{_percent(each.passed)}, {_percent(each.inconclusive)}",
        )
        for each in planted
        if not any(_near(each.drop, drop) for drop in DROPS)
    ]
    yield from _table("planted (true drop in points)", sizes, cells)


def _table(head: str, sizes: Sequence[int], cells: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield a table of rows' names and cells, the cells of a row in the order of the sizes."""
    rows: dict[str, list[str]] = {}
    for name, cell in cells:
        rows.setdefault(name, []).append(cell)
    yield ""
    yield f"| {head} | " + " | ".join(f"{size} Cases" for size in sizes) + " |"
    yield "|---" * (len(sizes) + 1) + "|"
    for name, row in rows.items():
        yield f"| {name} | " + " | ".join(row) + " |"
    yield ""


def _percent(share: Share) -> str:
    return f"{100 * share.rate:.1f}"


def _with_interval(share: Share) -> str:
    return f"{_percent(share)} ({100 * share.low:.1f} to {100 * share.high:.1f})"


def _near(left: float, right: float) -> bool:
    return abs(left - right) < 1e-9


def ranked_versions(
    folder: Path,
    root: Path,
    settings: Mapping[str, Sequence[str]],
    questions: Sequence[Question],
) -> Iterator[tuple[str, RankedVersion]]:
    """Build a Version for each name's settings, from the repository's params, and rank with it."""
    workspace = create_workspace(root, folder / "corpora")
    for name, changes in settings.items():
        retriever = build_retriever(workspace, [*AS_IT_STANDS, *changes])
        bar = tqdm(questions, desc=name, unit="question", disable=None)
        found = (retriever.retrieve(question.text, DEPTH) for question in bar)
        rankings = tuple(tuple(map(span_of, passages)) for passages in found)
        yield name, RankedVersion(workspace.version or "", rankings)


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
    margins = {"context_recall": 0.05, **dict.fromkeys(CHARACTER_METRICS[1:], _PRECISE)}
    return list(study_gate(scores[BASE], equals, worse, settings, margins))
