"""The stage as DVC runs it: `python -m`, in a folder with its own copy of the code."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.documents.document_table import DOCUMENT_ROWS
from tests.support.project import ROOT, run_stage


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "pipeline", tmp_path / "pipeline")
    shutil.copyfile(ROOT / "params.yaml", tmp_path / "params.yaml")
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / "pumps.md").write_text("# Pumps\n\nThe pump hums.\n")
    (raw / "copy.md").write_text("# Pumps\n\nThe pump hums.\n")
    (raw / "line\nbreak.txt").write_text("Plain text.\n")
    (raw / "unknown.xyz").write_text("?")
    return tmp_path


def _timings(project: Path) -> dict[str, Any]:
    timings: dict[str, Any] = json.loads((project / ".winnow" / "ingest.json").read_text())
    return timings


def test_it_writes_documents_a_report_and_apart_from_them_its_seconds(project: Path) -> None:
    done = run_stage("ingest", project, {"WINNOW_READERS": "2"})
    assert done.returncode == 0, done.stderr
    [pumps, plain] = DOCUMENT_ROWS.read(project / "data" / "documents" / "documents.parquet")
    assert (pumps.path, pumps.aliases, plain.path) == ("copy.md", ("pumps.md",), "line\nbreak.txt")
    report = json.loads((project / "data" / "ingest.json").read_text())
    assert (report["read"], report["duplicates"], report["quarantined"]) == (2, 1, 1)
    assert set(_timings(project)["files"]) == {"copy.md", "line\\nbreak.txt", "unknown.xyz"}
    assert _timings(project)["workers"] == 2
    assert "ingest: 2 read, 1 duplicates, 1 quarantined" in done.stderr
    assert "`winnow documents` says which files could not be read" in done.stderr


def test_a_second_run_reads_nothing_and_writes_the_same(project: Path) -> None:
    outs = [project / "data" / "documents" / "documents.parquet", project / "data" / "ingest.json"]
    written = []
    for readers in ("2", "1"):
        assert run_stage("ingest", project, {"WINNOW_READERS": readers}).returncode == 0
        written.append([out.read_bytes() for out in outs])
    assert written[0] == written[1]
    assert all(file["cached"] for file in _timings(project)["files"].values())


def test_a_change_of_code_reads_again(project: Path) -> None:
    assert run_stage("ingest", project).returncode == 0
    with (project / "pipeline" / "documents" / "reader.py").open("a") as file:
        file.write("\n# Changed.\n")
    assert run_stage("ingest", project).returncode == 0
    assert not any(file["cached"] for file in _timings(project)["files"].values())


def test_a_bad_variable_is_one_line(project: Path) -> None:
    done = run_stage("ingest", project, {"WINNOW_READERS": "many"})
    assert done.returncode == 1
    assert done.stderr.startswith("error: WINNOW_READERS is 'many'; set a whole number above 0")
    assert done.stderr.count("\n") == 1
