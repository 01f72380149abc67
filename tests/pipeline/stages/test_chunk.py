"""The stage as DVC runs it: `python -m`, in a folder of its own."""

import shutil
from pathlib import Path

import pytest
import yaml

from pipeline.chunking.chunk import ChunkTable
from pipeline.documents.document import Document
from pipeline.documents.document_table import DOCUMENT_ROWS
from tests.support.project import run_stage
from tests.support.versions import SETTINGS

TEXT = " ".join(
    [f"The heat pump in room {room} warms the water of the house." for room in range(6)]
    + [f"Invoice {number} is paid by bank transfer within a month." for number in range(6)]
)


@pytest.fixture
def project(tmp_path: Path, encoder_folder: Path) -> Path:
    document = Document("d", "house.txt", "", "text/plain", "text/1", TEXT, tags=("home",))
    DOCUMENT_ROWS.write(tmp_path / "data" / "documents" / "documents.parquet", [document])
    shutil.copytree(encoder_folder.parent, tmp_path / ".winnow" / "encoders")
    return tmp_path


def _run(project: Path, **changes: str | int) -> tuple[list[str], bytes]:
    spending = {"dollars": 0.0, "tokens": 0, "prices": {}}
    chunk = {**SETTINGS["chunk"], "size": 200, **changes}
    content = {**SETTINGS, "chunk": chunk, "spending": spending}
    (project / "params.yaml").write_text(yaml.safe_dump(content))
    done = run_stage("chunk", project)
    assert done.returncode == 0, done.stderr
    file = project / "data" / "chunks" / "chunks.parquet"
    return [chunk.text for chunk in ChunkTable.read(file).chunks()], file.read_bytes()


def test_semantic_chunks_come_from_the_encoder_and_are_the_same_with_its_cache_and_without(
    project: Path,
) -> None:
    texts, cold = _run(project, method="semantic", breakpoint=90)
    first, second = texts
    # A sentence is compared with its neighbours, so the cut may lie one beside the turn.
    assert first.count("Invoice") <= 1
    assert second.count("heat pump") <= 1
    assert list((project / ".winnow" / "embeddings").iterdir())
    assert _run(project, method="semantic", breakpoint=90)[1] == cold
    shutil.rmtree(project / ".winnow" / "embeddings")
    assert _run(project, method="semantic", breakpoint=90)[1] == cold


def test_other_methods_open_no_encoder(project: Path) -> None:
    shutil.rmtree(project / ".winnow")
    texts, _ = _run(project, method="sentence")
    assert len(texts) == 12
    assert not (project / ".winnow").exists()
