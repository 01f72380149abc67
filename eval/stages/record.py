"""Stage `record`: a Scorecard into the ledger, once."""

import os
from collections.abc import Sequence
from pathlib import Path

from eval.answers.latency import read_latency, seconds_path
from eval.ledger.mlflow_ledger import ledger_at
from eval.ledger.recording import provenance, read_scorecard, record_scorecard
from pipeline.files import folder_files, write_json
from pipeline.process import run_stage, scratch_folder


def main(_: Sequence[str]) -> None:
    """Record `data/scorecard`; ledger and seconds are the main project's, the marker is here."""
    files = folder_files(Path("data/scorecard"))
    scorecard = read_scorecard(files)
    seconds = seconds_path(scratch_folder() / "seconds", scorecard.version, scorecard.cases.hash)
    origin = provenance(Path(), os.environ)
    ledger = ledger_at(Path(), os.environ)
    record_scorecard(ledger, files, read_latency(seconds), origin)
    # The key alone: the run's id is random, and this is one of DVC's outs.
    write_json(Path(".winnow/recorded.json"), {"key": scorecard.key})


if __name__ == "__main__":
    run_stage(main)
