import shutil
from pathlib import Path

import pytest

from eval.recording import record_scorecard
from pipeline.errors import ArtifactError
from tests.fakes import MemoryLedger
from tests.scorecard_folder import make_scorecard, write_scorecard

TAGS = {"baseline": "unknown", "dirty": "unknown"}


def test_files_with_a_caches_names_are_recorded_once(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    files = write_scorecard(tmp_path / "folder", make_scorecard())
    first = record_scorecard(ledger, files, {"latency_ms.p50": 3.0}, TAGS)
    cached = {}
    for number, (name, path) in enumerate(files.items()):
        cached[name] = Path(shutil.copyfile(path, tmp_path / f"md5-{number}"))
    assert record_scorecard(ledger, cached, {}, {}) == first
    [record] = ledger.records()
    assert record.scorecard == make_scorecard()
    assert record.measurements == {"latency_ms.p50": 3.0}
    assert len(ledger.scores(record)) == 4


@pytest.mark.parametrize("name", ["scorecard.json", "scores.parquet"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    files = write_scorecard(tmp_path, make_scorecard())
    del files[name]
    with pytest.raises(ArtifactError, match=f"{name} is missing"):
        record_scorecard(MemoryLedger(), files, {}, {})


def test_a_file_of_another_format_says_what_is_wrong(tmp_path: Path) -> None:
    files = write_scorecard(tmp_path, make_scorecard())
    files["scorecard.json"].write_text('{"version": 3}')
    with pytest.raises(ArtifactError, match=r"scorecard\.json is no Scorecard \(`version`"):
        record_scorecard(MemoryLedger(), files, {}, {})
