import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import ArtifactError
from pipeline.files import (
    directory_hash,
    folder_files,
    hash_file,
    hash_of,
    hash_text,
    matches_any,
    read_array,
    read_json,
    read_table,
    replacing_file,
    replacing_folder,
    write_array,
    write_json,
    write_table,
    write_text,
)
from tests.pipeline.conftest import TRICKY, DvcProject

TABLE = pa.table({"a": list(range(500)), "b": ["pump", "é"] * 250})
ARRAY = np.arange(20, dtype=np.float32).reshape(5, 4)
FORMATS: list[tuple[Callable[..., None], Callable[..., Any], Any]] = [
    (write_json, read_json, {"b": [1, None], "a": "é"}),
    (write_table, read_table, TABLE),
    (write_array, read_array, ARRAY),
]
BROKEN = [b"", b"x", b"\xff\xfe", b"PK\3\4abc", b"PAR1PAR1", b"\x93NUMPY\1\0v\0{", b"[" * 90_000]


@pytest.mark.parametrize(("write", "read", "value"), FORMATS)
def test_what_is_written_is_read_back(
    tmp_path: Path, write: Callable[..., None], read: Callable[..., Any], value: Any
) -> None:
    write(tmp_path / "deep" / "file", value)
    found = read(tmp_path / "deep" / "file")
    assert np.array_equal(found, value) if isinstance(value, np.ndarray) else found == value
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file"]


@pytest.mark.parametrize(("write", "read", "value"), FORMATS)
def test_two_writes_give_the_same_bytes(
    tmp_path: Path,
    write: Callable[..., None],
    read: Callable[..., Any],  # noqa: ARG001
    value: Any,
) -> None:
    write(tmp_path / "one", value)
    write(tmp_path / "two", value)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("read", [read_json, read_table, read_array])
def test_a_broken_file_is_one_line_with_the_file_and_the_fix(
    tmp_path: Path, read: Callable[..., Any], content: bytes
) -> None:
    (tmp_path / "broken").write_bytes(content)
    with pytest.raises(ArtifactError) as caught:
        read(tmp_path / "broken")
    message = str(caught.value)
    assert str(tmp_path / "broken") in message
    assert "dvc repro" in message
    assert "\n" not in message
    assert len(message) < 500


@pytest.mark.parametrize(("write", "read", "value"), FORMATS[1:])
def test_no_flipped_byte_leaks_a_library_error(
    tmp_path: Path, write: Callable[..., None], read: Callable[..., Any], value: Any
) -> None:
    write(tmp_path / "file", value)
    whole = (tmp_path / "file").read_bytes()
    random = Random(7)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        (tmp_path / "file").write_bytes(damaged)
        with suppress(ArtifactError):
            read(tmp_path / "file")


@pytest.mark.parametrize("read", [read_json, read_table, read_array])
def test_a_missing_file_names_the_commands_that_bring_it(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    with pytest.raises(ArtifactError, match=r"gone does not exist; run `dvc repro` or `dvc pull`"):
        read(tmp_path / "gone")


@pytest.mark.parametrize("read", [read_json, read_table, read_array])
def test_a_folder_in_place_of_a_file_is_an_artifact_error(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").write_text("x")
    with pytest.raises(ArtifactError):
        read(tmp_path / "folder")


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
