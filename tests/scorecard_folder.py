"""Scorecards on disk, as the score stage leaves them, for tests that record."""

from pathlib import Path

from eval.ledger import Entry
from eval.score import Score
from eval.scorecard import CaseSet, MetricSummary, Scorecard
from eval.scores import write_scores
from pipeline.artifact import write_json

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


def make_entry(folder: Path, scorecard: Scorecard | None = None) -> Entry:
    """What the record stage would record: files, latency and where it came from."""
    scorecard = scorecard or make_scorecard()
    return Entry(
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
