import hashlib
from pathlib import Path

import pytest

from pipeline.digest import directory_hash, folder_files, hash_file, hash_of, hash_text
from pipeline.errors import ArtifactError
from tests.pipeline.conftest import TRICKY, DvcProject


@pytest.mark.parametrize("name", ["tricky", "version"])
def test_directory_hash_is_the_one_that_dvc_writes(dvc_project: DvcProject, name: str) -> None:
    assert directory_hash(folder_files(dvc_project.root / name)) == dvc_project.ids[name]


def test_folder_files_leave_empty_folders_out(dvc_project: DvcProject) -> None:
    files = folder_files(dvc_project.root / "tricky")
    assert set(files) == set(TRICKY)
    assert all(path.read_text(encoding="utf-8") == TRICKY[name] for name, path in files.items())


def test_directory_hash_does_not_depend_on_where_files_lie(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("one")
    (tmp_path / "y").write_text("two")
    forward = {"a": tmp_path / "x", "b": tmp_path / "y"}
    backward = {"b": tmp_path / "y", "a": tmp_path / "x"}
    assert directory_hash(forward) == directory_hash(backward)
    assert directory_hash(forward) != directory_hash({"a": tmp_path / "y", "b": tmp_path / "x"})


def test_missing_folder_names_the_folder_and_the_fix(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"gone does not exist; run `dvc repro`"):
        folder_files(tmp_path / "gone")


def test_file_hash_reads_files_larger_than_a_block(tmp_path: Path) -> None:
    content = b"winnow" * 400_000
    (tmp_path / "large").write_bytes(content)
    assert hash_file(tmp_path / "large") == hashlib.sha256(content).hexdigest()
    assert hash_file(tmp_path / "large", "md5") == hashlib.md5(content).hexdigest()


def test_value_hash_ignores_the_order_of_keys_only() -> None:
    assert hash_of({"a": 1, "b": [1, 2]}) == hash_of({"b": [1, 2], "a": 1})
    assert hash_of([1, 2]) != hash_of([2, 1])
    assert hash_of(["ab", "c"]) != hash_of(["a", "bc"])
    with pytest.raises(ValueError, match="not JSON compliant"):
        hash_of(float("nan"))


def test_text_hash_takes_any_text() -> None:
    texts = ["", "é", "e\u0301", "\udce9", "a\0b", "😀"]
    hashes = {hash_text(text) for text in texts}
    assert len(hashes) == len(texts)
    assert {len(each) for each in hashes} == {32}
