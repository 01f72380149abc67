"""Stage `score`: answers to Scores, a Scorecard, metrics and plots."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from eval.answers import read_answers
from eval.case import read_cases
from eval.identity import read_identity
from eval.params import ScoreParams
from eval.ragas_judge import open_judge
from eval.scores import write_scores
from eval.scoring import score_answers
from eval.summary import flat_metrics
from pipeline.artifact import replacing_folder, write_json
from pipeline.documents import read_documents
from pipeline.params import read_section
from pipeline.stage import run_stage, scratch_folder


def main(arguments: Sequence[str]) -> None:
    """Score `data/answers` into `data/scorecard`, and its means into `data/metrics.json`."""
    parser = argparse.ArgumentParser(prog="python -m eval.stages.score")
    parser.add_argument("--cases", type=Path, default=Path("eval/cases/handbook.jsonl"))
    params = read_section(Path("params.yaml"), "score", ScoreParams)
    scored = score_answers(
        read_cases(parser.parse_args(arguments).cases),
        read_documents(Path("data/documents/documents.parquet")),
        read_answers(Path("data/answers/answers.parquet")),
        open_judge(params, scratch_folder() / "encoders"),
        params,
        read_identity(Path("data/answers/meta.json")),
    )
    with replacing_folder(Path("data/scorecard")) as folder:
        write_json(folder / "scorecard.json", scored.scorecard.model_dump(mode="json"))
        write_scores(folder / "scores.parquet", scored.scores)
        write_json(folder / "plots" / "recall_by_budget.json", scored.recall_by_budget)
        write_json(folder / "plots" / "recall_by_tag.json", scored.recall_by_tag)
    write_json(Path("data/metrics.json"), flat_metrics(scored.scorecard))


if __name__ == "__main__":
    run_stage(main)
