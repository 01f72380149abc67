import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eval.answers.latency import seconds_path, write_seconds
from eval.ledger.mlflow_ledger import ledger_at
from tests.support.gates import make_scorecard, write_scorecard

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]
ROOT = Path(__file__).parents[3]


def run_record(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if "MLFLOW" not in name}
    return subprocess.run(
        [sys.executable, "-m", "eval.stages.record"],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def lay_out(folder: Path) -> None:
    scorecard = folder / "data" / "scorecard"
    (scorecard / "plots").mkdir(parents=True)
    for name, path in write_scorecard(scorecard, make_scorecard()).items():
        path.rename(scorecard / name)


def test_an_experiments_copy_records_into_the_main_project(tmp_path: Path) -> None:
    main, copy = tmp_path / "main", tmp_path / "copy"
    lay_out(copy)
    card = make_scorecard()
    seconds = seconds_path(main / ".winnow" / "seconds", card.version, card.cases.hash)
    write_seconds(seconds, [0.01], [0.02])
    done = run_record(copy, DVC_ROOT=str(main), DVC_EXP_NAME="spicy-rice")
    assert (done.returncode, done.stderr) == (0, "")
    [record] = ledger_at(main, {}).records()
    marker = json.loads((copy / ".winnow" / "recorded.json").read_text())
    assert marker == {"key": card.key}
    assert record.scorecard == card
    assert record.tags["experiment"] == "spicy-rice"
    assert record.measurements["latency_ms.p50"] == pytest.approx(30.0)
    assert not (copy / ".winnow" / "mlflow.db").exists()


def test_without_a_scorecard_it_says_what_to_run(tmp_path: Path) -> None:
    done = run_record(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "run `dvc repro`" in done.stderr
    assert done.stderr.count("\n") == 1
