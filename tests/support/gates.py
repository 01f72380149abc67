import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from app.gate.sides import GateSides
from app.gate.trial import judge_sides
from app.workspace.workspace import Workspace
from eval.answers.answers import write_answers
from eval.answers.asking import ask_cases
from eval.answers.identity import Identity
from eval.cases.case import Case, case_set_hash, read_cases
from eval.ledger.ledger import NewRecord
from eval.ledger.mlflow_ledger import ledger_at
from eval.ledger.recording import SCORECARD, SCORES, record_scorecard
from eval.params import GateParams
from eval.scores.scorecard import CaseSet, MetricSummary, Score, Scorecard, write_scores
from pipeline.answerer import open_answerer
from pipeline.endpoints.endpoints import Endpoints
from pipeline.files import write_json
from pipeline.versions.manifest import flatten
from tests.support.project import ROOT
from tests.support.versions import build_version

_DEPTH = 10_000
_CASES = (
    ("warranty", "How long is the warranty of the Fjell pump?", "Five years.", "warranty.md"),
    ("code", "What does E-4471 mean?", "The return line of the pump is frozen.", "notes.txt"),
    ("return", "Within how many days is a broken pump sent back?", "Thirty days.", "warranty.md"),
)


def write_workspace(
    root: Path,
    corpus: Path,
    encoders: Path,
    endpoints: Endpoints,
    generator: str = "extractive",
    **judge: Any,
) -> Path:
    """Build and answer in `root`, a folder that does not exist; returns the file of Cases."""
    (root / ".dvc").mkdir(parents=True)
    (root / ".winnow").mkdir(exist_ok=True)
    (root / ".winnow" / "encoders").symlink_to(encoders)
    (root / "dvc.yaml").write_text("vars:\n  - cases: cases.jsonl\nstages: {}\n", encoding="utf-8")
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    content["judge"].update(judge)
    content["score"].update(metrics=["token_f1", "rouge_l"], resamples=200)
    (root / "params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    cases = [
        {"id": name, "question": question, "answer": answer, "answerable": True,
         "evidence": [{"document": document}]}
        for name, question, answer, document in _CASES
    ]  # fmt: skip
    path = root / "cases.jsonl"
    path.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
    changes = {"generation": {"generator": generator}, "retrieval": {"top_k": 2}}
    version = build_version(corpus, root / "data", encoders, changes)
    asked = read_cases(path)
    generation = version.manifest.generation
    answers = ask_cases(open_answerer(version, endpoints), asked, _DEPTH, endpoints, generation)
    identity = Identity(
        version=version.id,
        engine="e",
        corpus=version.manifest.corpus.hash,
        cases=case_set_hash(asked),
        depth=_DEPTH,
        settings=version.manifest.settings | flatten({"answer": {"depth": _DEPTH}}),
    )
    (root / "data" / "answers").mkdir()
    write_answers(root / "data" / "answers" / "answers.parquet", answers)
    write_json(root / "data" / "answers" / "meta.json", identity.model_dump(mode="json"))
    return path


RECALL = "context_recall"

Values = Mapping[str, Sequence[float | None]]
"""Metric to a value for each Case in order; None has failed."""


def gate_params(**changes: Any) -> GateParams:
    """Params that ask for recall within five points and nothing else."""
    asked: dict[str, Any] = {
        "floors": {},
        "margins": {RECALL: 0.05},
        "guards": {},
        "slices": (),
        "confidence": 0.95,
        "coverage": 0.95,
        "on_inconclusive": "block",
        "resamples": 500,
        "seed": 7,
    }
    return GateParams(**{**asked, **changes})


def cases_of(count: int, tags: Mapping[int, str] | None = None) -> list[Case]:
    """Unanswerable Cases `c000`, `c001`, ...; `tags` are by number."""
    return [
        Case(
            id=f"c{number:03}",
            question="?",
            answer="",
            answerable=False,
            evidence=(),
            tags=(tags[number],) if tags and number in tags else (),
        )
        for number in range(count)
    ]


def scores_of(values: Values) -> list[Score]:
    """A Score for each value, in the Cases' order."""
    return [
        Score.failed(f"c{number:03}", metric, "the model is away")
        if value is None
        else Score.of(f"c{number:03}", metric, value)
        for metric, column in values.items()
        for number, value in enumerate(column)
    ]


def card_of(values: Values, lower: Sequence[str] = (), **changes: Any) -> Scorecard:
    """The Scorecard of these values; of metrics in `lower`, lower is better."""
    metrics = {}
    for metric, column in values.items():
        scored = [value for value in column if value is not None]
        failed = len(column) - len(scored)
        metrics[metric] = MetricSummary(
            mean=sum(scored) / len(scored) if scored else None,
            low=None,
            high=None,
            scored=len(scored),
            failed={"the model is away": failed} if failed else {},
            not_applicable=0,
            higher_is_better=metric not in lower,
        )
    fields: dict[str, Any] = {
        "version": "new.dir",
        "engine": "e",
        "corpus": "c",
        "cases": CaseSet(hash="s", count=len(next(iter(values.values()), ())), orphans=()),
        "judge": "j",
        "settings": {"chunk.size": 200, "score.budget": 2000},
        "metrics": metrics,
        "tags": {},
    }
    return Scorecard.model_validate({**fields, **changes})


def record_experiment(workspace: Workspace, version: str, name: str) -> None:
    """Score a Version and record it under the name of an experiment."""
    judgement = judge_sides(workspace, GateSides(version, None, None), explained=False)
    files = {each: judgement.folder / each for each in (SCORECARD, SCORES)}
    record_scorecard(ledger_at(workspace.root, os.environ), files, {}, {"experiment": name})


ONE = "0123456789abcdef0123456789abcdef.dir"
TWO = "fedcba9876543210fedcba9876543210.dir"


def make_scorecard(version: str = ONE, mean: float = 0.75, size: int = 200) -> Scorecard:
    """A Scorecard with a metric that worked, one that failed everywhere, and two tags."""
    recall = MetricSummary(
        mean=mean, low=mean - 0.1, high=mean + 0.1, scored=2, failed={}, not_applicable=1
    )
    broken = MetricSummary(
        mean=None, low=None, high=None, scored=0, failed={"no reference": 3}, not_applicable=0
    )
    metrics = {"context_recall": recall, "rouge_l": broken}
    return Scorecard(
        version=version,
        engine="e" * 32,
        corpus="c" * 32,
        cases=CaseSet(hash="a" * 32, count=3, orphans=()),
        judge="b" * 32,
        settings={"chunk.size": size, "chunk.method": "recursive", "score.k": 5, "x.flag": True},
        metrics=metrics,
        tags={"french": metrics, "exact": metrics},
    )


def write_scorecard(folder: Path, scorecard: Scorecard) -> dict[str, Path]:
    """Write the files of a Scorecard; returns relative name to path."""
    scores = [
        Score.of("q1", "context_recall", 1.0),
        Score.of("q2", "context_recall", 0.5),
        Score.not_applicable("q3", "context_recall", "unanswerable"),
        Score.failed("q1", "rouge_l", "no reference"),
    ]
    files = {"scorecard.json": folder / "scorecard.json", "scores.parquet": folder / "s.parquet"}
    files["plots/recall.json"] = folder / "plot.json"
    write_json(files["scorecard.json"], scorecard.model_dump(mode="json"))
    write_scores(files["scores.parquet"], scores)
    write_json(files["plots/recall.json"], [{"case": "q1", "recall": 1.0}])
    return files


def make_record(folder: Path, scorecard: Scorecard | None = None) -> NewRecord:
    """What the record stage would record: files, latency and where it came from."""
    scorecard = scorecard or make_scorecard()
    return NewRecord(
        scorecard,
        write_scorecard(folder / scorecard.key, scorecard),
        {"latency_ms.p50": 12.5, "latency_ms.p95": 40.0},
        {
            "baseline": "f" * 40,
            "dirty": "false",
            "remote": "s3://bucket/winnow",
            "experiment": "spicy-rice",
        },
    )
