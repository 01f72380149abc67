"""The stage as DVC runs it: `python -m`, in a folder of its own."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from pipeline.chunking.chunk import Chunk, write_chunks
from pipeline.retrieval.vector_index import read_index
from pipeline.tables import write_array
from tests.support.corpus import clustered
from tests.support.project import run_stage
from tests.support.versions import SETTINGS

VECTORS = clustered(3000, 32)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    chunks = [
        Chunk(f"c{row}", "d", "pumps.md", row, row + 1, f"Pump {row}", f"h{row}", None, ())
        for row in range(len(VECTORS))
    ]
    write_chunks(tmp_path / "data" / "chunks" / "chunks.parquet", chunks)
    write_array(tmp_path / "data" / "embeddings" / "embeddings.npy", VECTORS)
    return tmp_path


def _run(project: Path, **changes: str | float) -> subprocess.CompletedProcess[str]:
    content = {"index": {**SETTINGS["index"], **changes}}
    (project / "params.yaml").write_text(yaml.safe_dump(content))
    return run_stage("index", project)


def test_it_writes_the_index_and_how_much_of_the_nearest_it_finds(project: Path) -> None:
    done = _run(project, kind="hnsw", hnsw_m=4, hnsw_ef_search=12, least_recall=0.2)
    assert done.returncode == 0, done.stderr
    report = json.loads((project / "data" / "index.json").read_text())
    file = project / "data" / "index" / "vectors.faiss"
    assert (report["kind"], report["vectors"], report["dimension"]) == ("hnsw", 3000, 32)
    assert (report["bytes"], report["queries"]) == (file.stat().st_size, 200)
    assert 0.2 < report["recall_at_10"] < 1.0
    assert f"index: hnsw of 3000 vectors, recall at 10 {report['recall_at_10']}" in done.stderr
    assert not read_index(file).exact
    first = file.read_bytes()
    _run(project, kind="hnsw", hnsw_m=4, hnsw_ef_search=12, least_recall=0.2)
    assert file.read_bytes() == first


def test_flat_finds_everything(project: Path) -> None:
    done = _run(project)
    assert done.returncode == 0, done.stderr
    report = json.loads((project / "data" / "index.json").read_text())
    assert (report["recall_at_10"], report["queries"]) == (1.0, 0)


def test_an_index_that_finds_too_little_is_not_written(project: Path) -> None:
    done = _run(project, kind="hnsw", hnsw_m=4, hnsw_ef_search=8, least_recall=0.99)
    assert done.returncode == 1
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("error: the hnsw index finds 0.")
    assert "`index.least_recall` 0.99; raise `index.hnsw_ef_search` (8)" in line
    assert not (project / "data" / "index").exists()
    assert not (project / "data" / "index.json").exists()


def test_a_kind_that_needs_more_chunks_says_so_in_one_line(project: Path) -> None:
    done = _run(project, kind="ivf_pq", pq_m=8)
    assert done.returncode == 1
    [line] = done.stderr.strip().splitlines()
    assert "ivf_pq needs 9984 chunks to train on, and there are 3000" in line
