import hashlib
from pathlib import Path

import pytest

from pipeline.errors import ArtifactError
from pipeline.files import (
    directory_hash,
    folder_files,
    hash_file,
    hash_of,
    hash_text,
    matches_any,
    read_json,
    replacing_file,
    replacing_folder,
    write_json,
    write_text,
)
from tests.pipeline.conftest import TRICKY, DvcProject


def test_json_refuses_what_json_cannot_say_and_keeps_the_old_file(tmp_path: Path) -> None:
    write_json(tmp_path / "file", {"kept": True})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "file", {"score": float("nan")})
    assert read_json(tmp_path / "file") == {"kept": True}
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_failing_write_leaves_the_old_file_alone(tmp_path: Path) -> None:
    write_text(tmp_path / "file", "old\n")

    def fail() -> None:
        with replacing_file(tmp_path / "file") as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (tmp_path / "file").read_text() == "old\n"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_failing_write_leaves_the_old_folder_alone(tmp_path: Path) -> None:
    with replacing_folder(tmp_path / "folder") as temporary:
        (temporary / "old").write_text("old")

    def fail() -> None:
        with replacing_folder(tmp_path / "folder") as temporary:
            (temporary / "new").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_folder_is_replaced_as_a_whole_even_where_a_file_or_link_stood(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file").write_text("old")
    for name in ("link", "file"):
        with replacing_folder(tmp_path / name) as temporary:
            (temporary / "new").write_text("new")
        assert [path.name for path in (tmp_path / name).iterdir()] == ["new"]
    assert (tmp_path / "elsewhere" / "kept").exists()


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


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("policies/warranty.md", "*.md", True),
        ("policies/warranty.md", "policies/*", True),
        ("policies/fr/garantie.md", "policies/*", True),
        ("policies/warranty.md", "warranty.md", True),
        ("policies/warranty.md", "warranty", False),
        ("Policies/warranty.md", "policies/*", False),
        ("notes.txt", "*.md", False),
        ("a[1].txt", "a[[]1].txt", True),
        (".DS_Store", ".DS_Store", True),
        ("deep/er/.DS_Store", ".DS_Store", True),
    ],
)
def test_a_pattern_names_a_path_whole_or_by_its_last_part(
    path: str, pattern: str, expected: bool
) -> None:
    assert matches_any(path, [pattern]) is expected
    assert matches_any(path, ["nothing", pattern]) is expected


def test_no_pattern_matches_nothing() -> None:
    assert not matches_any("a.md", [])
