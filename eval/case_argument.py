"""The argument `--cases` of the stages that read Cases."""

import argparse
from collections.abc import Sequence
from pathlib import Path


def cases_path(stage: str, arguments: Sequence[str]) -> Path:
    """Return the file of Cases that a stage's command line names."""
    parser = argparse.ArgumentParser(prog=f"python -m eval.stages.{stage}")
    parser.add_argument("--cases", type=Path, default=Path("eval/cases/handbook.jsonl"))
    path: Path = parser.parse_args(arguments).cases
    return path
