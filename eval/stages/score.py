"""Stage `score`: answers to Scores, a Scorecard, metrics and plots."""

import os
from collections.abc import Sequence
from pathlib import Path

from eval.answers.answers import read_answers
from eval.answers.identity import read_identity
from eval.cases.case import cases_path, read_cases
from eval.judges.panel import open_judge
from eval.params import JudgeParams, ScoreParams
from eval.scores.scorecard import write_scores
from eval.scores.summary import flat_metrics
from eval.scoring import score_answers
from pipeline.documents.document_table import DOCUMENT_ROWS
from pipeline.endpoints.endpoints import Endpoints
from pipeline.files import replacing_folder, write_json
from pipeline.params import SpendingParams, read_section
from pipeline.process import run_stage, scratch_folder


def main(arguments: Sequence[str]) -> None:
    """Score `data/answers` into `data/scorecard`, and its means into `data/metrics.json`."""
    cases = read_cases(cases_path("score", arguments))
    params = read_section(Path("params.yaml"), "score", ScoreParams)
    judging = read_section(Path("params.yaml"), "judge", JudgeParams)
    spending = read_section(Path("params.yaml"), "spending", SpendingParams)
    documents = DOCUMENT_ROWS.read(Path("data/documents/documents.parquet"))
    answers = read_answers(Path("data/answers/answers.parquet"))
    identity = read_identity(Path("data/answers/meta.json"))
    with Endpoints(os.environ, scratch_folder(), spending) as endpoints:
        judge = open_judge(params, judging, scratch_folder() / "encoders", endpoints)
        scored = score_answers(cases, documents, answers, judge, params, judging, identity)
    with replacing_folder(Path("data/scorecard")) as folder:
        write_json(folder / "scorecard.json", scored.scorecard.model_dump(mode="json"))
        write_scores(folder / "scores.parquet", scored.scores)
        write_json(folder / "plots" / "recall_by_budget.json", scored.recall_by_budget)
        write_json(folder / "plots" / "recall_by_tag.json", scored.recall_by_tag)
    write_json(Path("data/metrics.json"), flat_metrics(scored.scorecard))


if __name__ == "__main__":
    run_stage(main)
