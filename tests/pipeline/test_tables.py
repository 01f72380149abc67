from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import ArtifactError
from pipeline.files import read_json, write_json
from pipeline.tables import map_array, read_array, read_table, write_array, write_table

TABLE = pa.table({"a": list(range(500)), "b": ["pump", "é"] * 250})
ARRAY = np.arange(20, dtype=np.float32).reshape(5, 4)
FORMATS: list[tuple[Callable[..., None], Callable[..., Any], Any]] = [
    (write_json, read_json, {"b": [1, None], "a": "é"}),
    (write_table, read_table, TABLE),
    (write_array, read_array, ARRAY),
]
READERS = [read_json, read_table, read_array, map_array]
BROKEN = [b"", b"x", b"\xff\xfe", b"PK\3\4abc", b"PAR1PAR1", b"\x93NUMPY\1\0v\0{", b"[" * 90_000]


@pytest.mark.parametrize(("write", "read", "value"), FORMATS)
def test_what_is_written_is_read_back_and_has_the_same_bytes_again(
    tmp_path: Path, write: Callable[..., None], read: Callable[..., Any], value: Any
) -> None:
    write(tmp_path / "deep" / "file", value)
    found = read(tmp_path / "deep" / "file")
    assert np.array_equal(found, value) if isinstance(value, np.ndarray) else found == value
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file"]
    write(tmp_path / "again", value)
    assert (tmp_path / "again").read_bytes() == (tmp_path / "deep" / "file").read_bytes()


@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("read", READERS)
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


@pytest.mark.parametrize("read", READERS)
def test_a_missing_file_names_the_commands_that_bring_it(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    with pytest.raises(ArtifactError, match=r"gone does not exist; run `dvc repro` or `dvc pull`"):
        read(tmp_path / "gone")


@pytest.mark.parametrize("read", READERS)
def test_a_folder_in_place_of_a_file_is_an_artifact_error(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").write_text("x")
    with pytest.raises(ArtifactError):
        read(tmp_path / "folder")
