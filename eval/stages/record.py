"""Record data/scorecard in the ledger, once, and leave the run's id in .winnow/recorded.json."""

import os
from collections.abc import Sequence
from pathlib import Path

from eval.mlflow_ledger import ledger_at
from eval.provenance import provenance
from eval.recording import read_scorecard, record_scorecard
from eval.seconds import read_latency, seconds_path
from pipeline.artifact import write_json
from pipeline.digest import folder_files
from pipeline.stage import run_stage, scratch_folder

SCORECARD = Path("data/scorecard")
PLOTS = Path("data/plots")
MARKER = Path(".winnow/recorded.json")


def main(_: Sequence[str]) -> None:
    """Attach the plots under `plots/`; the ledger and the seconds are the main project's."""
    plots = {f"plots/{name}": path for name, path in folder_files(PLOTS).items()}
    files = {**folder_files(SCORECARD), **plots}
    scorecard = read_scorecard(files)
    seconds = seconds_path(scratch_folder() / "seconds", scorecard.version, scorecard.cases.hash)
    run = record_scorecard(
        ledger_at(Path(), os.environ),
        files,
        read_latency(seconds),
        provenance(Path(), os.environ),
    )
    write_json(MARKER, {"run": run, "key": scorecard.key})


if __name__ == "__main__":
    run_stage(main)
