import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.answerer import open_answerer
from pipeline.chunking.chunk import ChunkTable, write_chunks
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import ArtifactError, PrerequisiteError, VersionError
from pipeline.files import directory_hash, folder_files
from pipeline.params import IndexParams
from pipeline.retrieval.lexical_index import build_lexical_index, write_lexical_index
from pipeline.retrieval.vector_index import build_index, write_index
from pipeline.versions.version import Version, open_version, open_version_folder
from tests.loopback.fixture import LoopbackServer, environment, serving
from tests.support.versions import SETTINGS, build_version

QUESTION = "How long does the warranty of the Fjell pump last?"
PARAMS = IndexParams(**SETTINGS["index"])


def test_a_version_knows_its_id_and_what_it_holds(version: Version, version_folder: Path) -> None:
    assert version.id == directory_hash(folder_files(version_folder))
    assert version.id.endswith(".dir")
    assert version.manifest.corpus.documents == 5
    assert version.manifest.corpus.chunks == len(version.chunks) == len(version.index)
    assert {chunk.document for chunk in version.chunks.chunks()} == {
        "garantie.html", "install.pdf", "maintenance.docx", "notes.txt", "warranty.md",
    }  # fmt: skip


def test_a_version_names_no_place_and_no_time(version_folder: Path, tmp_path: Path) -> None:
    text = (version_folder / "manifest.json").read_text()
    assert os.fspath(tmp_path.parent) not in text
    assert str(version_folder) not in text
    assert set(json.loads(text)["outputs"]) == {"ingest", "chunk", "embed", "index"}


@pytest.mark.parametrize("name", ["manifest.json", "chunks.parquet", "vectors.faiss"])
def test_a_missing_part_is_named(version_folder: Path, name: str) -> None:
    files = {key: path for key, path in folder_files(version_folder).items() if key != name}
    with pytest.raises(VersionError, match=rf"an-id is no Version: it lacks {name}"):
        open_version(files, "an-id")


def test_a_missing_encoder_is_named(version_folder: Path) -> None:
    files = folder_files(version_folder)
    kept = {key: path for key, path in files.items() if not key.startswith("encoder/")}
    with pytest.raises(ArtifactError, match=r"the encoder lacks model\.onnx; run"):
        open_version(kept, "an-id")


def test_a_missing_lexical_index_is_named(version_folder: Path) -> None:
    files = folder_files(version_folder)
    kept = {key: path for key, path in files.items() if not key.startswith("lexical/")}
    with pytest.raises(ArtifactError, match=r"the lexical index lacks lexical\.json; run"):
        open_version(kept, "an-id")


def test_parts_that_do_not_belong_together_are_refused(
    version_folder: Path, version: Version, tmp_path: Path
) -> None:
    files = folder_files(version_folder)
    write_chunks(tmp_path / "chunks", version.chunks.chunks()[:-1])
    with pytest.raises(VersionError, match=r"has \d+ chunks but \d+ vectors; build it again"):
        open_version({**files, "chunks.parquet": tmp_path / "chunks"}, "an-id")
    narrow = np.ones((len(version.index), 8), dtype=np.float32)
    write_index(tmp_path / "index", build_index(narrow, PARAMS))
    with pytest.raises(VersionError, match=r"vectors of 8 numbers but an encoder of 384; build"):
        open_version({**files, "vectors.faiss": tmp_path / "index"}, "an-id")
    short = build_lexical_index(version.chunks.indexed_texts()[:-1], PARAMS)
    write_lexical_index(tmp_path / "lexical", short)
    lexical = {f"lexical/{path.name}": path for path in (tmp_path / "lexical").iterdir()}
    with pytest.raises(VersionError, match=r"chunks but \d+ chunks in its lexical index; build"):
        open_version({**files, **lexical}, "an-id")
    content = json.loads((version_folder / "manifest.json").read_text())
    content["encoder"]["hash"] = "another"
    (tmp_path / "manifest").write_text(json.dumps(content))
    with pytest.raises(VersionError, match="holds another encoder than its manifest names"):
        open_version({**files, "manifest.json": tmp_path / "manifest"}, "an-id")


def test_a_missing_folder_names_the_fix(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="dvc repro"):
        open_version_folder(tmp_path / "gone")


def test_broken_chunks_name_the_file(version_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "chunks").write_bytes(b"PAR1")
    with pytest.raises(ArtifactError, match="chunks is not a readable Parquet file"):
        open_version({**folder_files(version_folder), "chunks.parquet": tmp_path / "chunks"}, "id")
    assert len(ChunkTable.read(version_folder / "chunks.parquet")) > 4


@pytest.fixture(scope="module")
def remote_version(
    tmp_path_factory: pytest.TempPathFactory, corpus: Path
) -> Iterator[tuple[Path, Endpoints, LoopbackServer]]:
    """A Version whose encoder is behind an endpoint, and that endpoint."""
    work = tmp_path_factory.mktemp("remote")
    encoder = {"provider": "openai", "model": "nomic-embed-text"}
    with serving(dimension=64) as server, Endpoints(environment(server), work / ".winnow") as ends:
        build_version(corpus, work / "built", work / "encoders", {"encoder": encoder}, ends)
        yield work / "built" / "version", ends, server


def test_a_version_that_needs_an_endpoint_says_so_and_opens_without_it(
    remote_version: tuple[Path, Endpoints, LoopbackServer],
) -> None:
    folder, _, server = remote_version
    asked = server.counts()["calls"]
    assert [path.name for path in (folder / "encoder").iterdir()] == ["encoder.json"]
    version = open_version_folder(folder)
    card = version.manifest.encoder
    assert (card.provider, card.model, card.dimension) == ("openai", "nomic-embed-text", 64)
    assert version.manifest.providers == ("openai",)
    assert version.manifest.settings["encoder.provider"] == "openai"
    line = "encoder nomic-embed-text is behind an endpoint.*set OPENAI_API_KEY, or OPENAI_BASE_URL"
    with pytest.raises(PrerequisiteError, match=line):
        open_answerer(version).answer(QUESTION)
    with pytest.raises(PrerequisiteError, match="nomic-embed-text.*OPENAI_API_KEY is not set"):
        open_answerer(version, Endpoints({}, folder / "none")).answer(QUESTION)
    assert server.counts()["calls"] == asked


def test_with_the_endpoint_it_answers_and_asks_for_no_text_twice(
    remote_version: tuple[Path, Endpoints, LoopbackServer],
) -> None:
    folder, endpoints, server = remote_version
    version = open_version_folder(folder)
    first = open_answerer(version, endpoints).answer(QUESTION)
    assert "five years" in first.text
    asked = server.counts()["calls"]
    second = open_answerer(version, endpoints).answer(QUESTION)
    assert second.sentences == first.sentences
    assert server.counts()["calls"] == asked
    sent = Counter(text for call in server.calls for text in call.body["input"])
    assert sent[QUESTION] == 1


def test_endpoints_change_nothing_of_a_version_that_stands_alone(
    version: Version, tmp_path: Path
) -> None:
    assert version.manifest.providers == ()
    assert version.with_endpoints(Endpoints({}, tmp_path)) is version
