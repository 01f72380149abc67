"""Stage `answer`: a Version and Cases to answers."""

import os
from collections.abc import Sequence
from pathlib import Path

from eval.answers.answers import answer_seconds, write_answers
from eval.answers.asking import ask_cases
from eval.answers.identity import identify
from eval.answers.latency import seconds_path, write_seconds
from eval.cases.case import cases_path, read_cases
from eval.params import AnswerParams
from pipeline.answerer import open_answerer
from pipeline.endpoints.endpoints import Endpoints
from pipeline.files import replacing_folder, write_json
from pipeline.params import SpendingParams, read_section
from pipeline.process import run_stage, scratch_folder
from pipeline.versions.version import open_version_folder


def main(arguments: Sequence[str]) -> None:
    """Ask `data/version` the Cases and write `data/answers`; seconds go to `.winnow/seconds`."""
    cases, file = read_cases(cases_path("answer", arguments)), Path("params.yaml")
    params = read_section(file, "answer", AnswerParams)
    spending = read_section(file, "spending", SpendingParams)
    version = open_version_folder(Path("data/version"))
    identity = identify(version.id, version.manifest, cases, params)
    with Endpoints(os.environ, scratch_folder(), spending) as endpoints:
        answerer = open_answerer(version, endpoints)
        answers = ask_cases(answerer, cases, params.depth, endpoints, version.manifest.generation)
    with replacing_folder(Path("data/answers")) as folder:
        write_answers(folder / "answers.parquet", answers)
        write_json(folder / "meta.json", identity.model_dump(mode="json"))
    if not endpoints.meter.stored:  # A stored reply says nothing of how long a model takes.
        seconds = seconds_path(scratch_folder() / "seconds", identity.version, identity.cases)
        retrieve, generate = (answer_seconds(answers, part) for part in ("retrieve", "generate"))
        write_seconds(seconds, retrieve, generate)


if __name__ == "__main__":
    run_stage(main)
