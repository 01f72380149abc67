"""The stage as DVC runs it: `python -m`, in a folder of its own."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from pipeline.chunking.chunk import Chunk, write_chunks
from pipeline.files import hash_text
from pipeline.tables import read_array
from tests.loopback.fixture import environment as endpoint_variables
from tests.loopback.fixture import serving
from tests.support.project import run_stage
from tests.support.versions import SETTINGS

TEXTS = [f"Valve {number} of the pump is shut." for number in range(70)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    _write(tmp_path, TEXTS)
    remote = {**SETTINGS["encoder"], "provider": "openai", "model": "nomic-embed-text"}
    spending = {"dollars": 1.0, "tokens": 100_000, "prices": {}}
    content = {**SETTINGS, "encoder": remote, "spending": spending}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    return tmp_path


def _write(project: Path, texts: list[str]) -> None:
    chunks = [
        Chunk(f"{at}", "d", "notes.txt", at, at + len(text), text, hash_text(text), None, ())
        for at, text in enumerate(texts)
    ]
    write_chunks(project / "data" / "chunks" / "chunks.parquet", chunks)


def _card(project: Path) -> dict[str, Any]:
    [file] = (project / "data" / "encoder").iterdir()
    content: dict[str, Any] = json.loads(file.read_text())
    return content


def test_an_endpoint_gives_vectors_once_and_the_version_a_card_alone(project: Path) -> None:
    with serving(dimension=16) as server:
        done = run_stage("embed", project, endpoint_variables(server))
        assert done.returncode == 0, done.stderr
        assert "embed: 2 calls, " in done.stderr
        assert server.counts()["calls"] == 3
        vectors = read_array(project / "data" / "embeddings" / "embeddings.npy")
        assert vectors.shape == (70, 16)
        card = _card(project)
        assert (card["provider"], card["model"]) == ("openai", "nomic-embed-text")
        assert (card["dimension"], card["max_tokens"]) == (16, 128)
        _write(project, [*TEXTS[:-1], "The last valve is open."])
        assert run_stage("embed", project, endpoint_variables(server)).returncode == 0
        assert server.calls[-1].body["input"] == ["The last valve is open."]
        assert server.counts()["calls"] == 4
        assert _card(project) == card
        again = read_array(project / "data" / "embeddings" / "embeddings.npy")
        assert again[:-1].tobytes() == vectors[:-1].tobytes()
        assert not np.allclose(again[-1], vectors[-1])
    unasked = run_stage(
        "embed", project, {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    )
    assert unasked.returncode == 0, unasked.stderr


def test_without_a_key_it_ends_with_one_line_that_names_the_variable(project: Path) -> None:
    done = run_stage("embed", project, {})
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "nomic-embed-text is behind an endpoint" in line
    assert "OPENAI_API_KEY" in line
