import shutil
from pathlib import Path

import pytest

from pipeline.files import directory_hash, folder_files
from pipeline.versions.version import Version
from tests.support.versions import build_version


def test_the_same_inputs_make_the_same_version(
    version: Version, corpus: Path, encoders: Path, encoder_folder: Path, tmp_path: Path
) -> None:
    assert encoder_folder.parent == encoders
    assert build_version(corpus, tmp_path, encoders).id == version.id


def test_another_text_makes_another_version(
    version: Version, corpus: Path, encoders: Path, tmp_path: Path
) -> None:
    shutil.copytree(corpus, tmp_path / "raw")
    with (tmp_path / "raw" / "notes.txt").open("a") as file:
        file.write("One more line.\n")
    other = build_version(tmp_path / "raw", tmp_path / "work", encoders)
    assert other.id != version.id
    assert other.manifest.corpus.hash != version.manifest.corpus.hash
    assert other.manifest.engine == version.manifest.engine


def test_the_manifest_names_the_outputs_by_dvcs_hash(
    version: Version, version_folder: Path
) -> None:
    outputs = version.manifest.outputs
    for stage, folder in (("chunk", "chunks"), ("index", "index"), ("embed", "vectors")):
        files = folder_files(version_folder.parent / folder)
        assert outputs[stage] == directory_hash(files)


def test_a_version_holds_its_files_and_nothing_else(version_folder: Path) -> None:
    assert set(folder_files(version_folder)) == {
        "chunks.parquet",
        "encoder/encoder.json",
        "encoder/model.onnx",
        "encoder/tokenizer.json",
        "encoder/words.npy",
        "lexical/lexical.json",
        "lexical/rows.npy",
        "lexical/starts.npy",
        "lexical/terms.npy",
        "lexical/weights.npy",
        "manifest.json",
        "vectors.faiss",
    }
    assert not [path for path in version_folder.parent.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("name", ["manifest.json", "encoder/encoder.json", "lexical/lexical.json"])
def test_json_is_canonical(version_folder: Path, name: str) -> None:
    text = (version_folder / name).read_text(encoding="utf-8")
    assert text.endswith("}\n")
    keys = [line.strip().split('"')[1] for line in text.splitlines() if line.startswith('  "')]
    assert keys == sorted(keys)
