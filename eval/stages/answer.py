"""Stage `answer`: a Version and Cases to answers."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from eval.answers import answer_cases, answer_seconds, write_answers
from eval.case import case_set_hash, read_cases
from eval.identity import Identity
from eval.params import AnswerParams
from eval.seconds import seconds_path, write_seconds
from pipeline.answerer import open_answerer
from pipeline.artifact import replacing_folder, write_json
from pipeline.engine import current_engine
from pipeline.manifest import flatten
from pipeline.params import read_section
from pipeline.stage import run_stage, scratch_folder
from pipeline.version import open_version_folder


def main(arguments: Sequence[str]) -> None:
    """Ask `data/version` the Cases and write `data/answers`; seconds go to `.winnow/seconds`."""
    parser = argparse.ArgumentParser(prog="python -m eval.stages.answer")
    parser.add_argument("--cases", type=Path, default=Path("eval/cases/handbook.jsonl"))
    cases = read_cases(parser.parse_args(arguments).cases)
    params = read_section(Path("params.yaml"), "answer", AnswerParams)
    version = open_version_folder(Path("data/version"))
    identity = Identity(
        version=version.id,
        engine=current_engine().hash,
        corpus=version.manifest.corpus.hash,
        cases=case_set_hash(cases),
        depth=params.depth,
        settings=version.manifest.settings | flatten({"answer": params.model_dump(mode="json")}),
    )
    answers = answer_cases(open_answerer(version), cases, params.depth)
    with replacing_folder(Path("data/answers")) as folder:
        write_answers(folder / "answers.parquet", answers)
        write_json(folder / "meta.json", identity.model_dump(mode="json"))
    seconds = seconds_path(scratch_folder() / "seconds", identity.version, identity.cases)
    retrieve, generate = (answer_seconds(answers, part) for part in ("retrieve", "generate"))
    write_seconds(seconds, retrieve, generate)


if __name__ == "__main__":
    run_stage(main)
