from pathlib import Path

import pytest

from pipeline.digest import hash_file
from pipeline.errors import RemoteError
from pipeline.object_file import PIECE_BYTES, ObjectFile

CONTENT = bytes(range(256)) * (PIECE_BYTES // 128 + 1)
CUT = [CONTENT[start : start + PIECE_BYTES] for start in range(0, len(CONTENT), PIECE_BYTES)]


@pytest.fixture
def digest(tmp_path: Path) -> str:
    (tmp_path / "whole").write_bytes(CONTENT)
    return hash_file(tmp_path / "whole", "md5")


def begin(folder: Path, digest: str, size: int | None = len(CONTENT)) -> ObjectFile:
    return ObjectFile(folder / "files" / "a", folder / "pieces" / digest, digest, size)


def test_pieces_may_come_in_any_order_and_from_several_calls(tmp_path: Path, digest: str) -> None:
    assert begin(tmp_path, digest).missing == [0, 1, 2]
    assert not begin(tmp_path, digest).write(2, CUT[2])
    assert not begin(tmp_path, digest).write(0, CUT[0])
    last = begin(tmp_path, digest)
    assert (last.missing, last.present) == ([1], len(CONTENT) - PIECE_BYTES)
    assert last.write(1, CUT[1])
    last.verify("a", "s3://b")
    assert last.path.read_bytes() == CONTENT


@pytest.mark.parametrize("journal", ["", "7\n", '["x", 1, 1]\n0\n', "\xff", "[", "half"])
def test_a_journal_that_is_broken_or_of_another_plan_begins_anew(
    journal: str, tmp_path: Path, digest: str
) -> None:
    begin(tmp_path, digest).write(0, CUT[0])
    (tmp_path / "pieces" / digest).write_text(journal, encoding="latin-1")
    assert begin(tmp_path, digest).missing == [0, 1, 2]


@pytest.mark.parametrize("size", [len(CONTENT) - 1, len(CONTENT) + 1, None])
def test_an_object_of_another_size_begins_anew(
    size: int | None, tmp_path: Path, digest: str
) -> None:
    begin(tmp_path, digest).write(0, CUT[0])
    again = begin(tmp_path, digest, size)
    assert 0 in again.missing
    assert again.path.stat().st_size == (size or 0)


def test_a_file_that_is_gone_begins_anew(tmp_path: Path, digest: str) -> None:
    first = begin(tmp_path, digest)
    first.write(0, CUT[0])
    first.path.unlink()
    assert begin(tmp_path, digest).missing == [0, 1, 2]


def test_another_md5_is_refused_and_nothing_of_it_kept(tmp_path: Path, digest: str) -> None:
    file = begin(tmp_path, digest)
    for number in (0, 1, 1):
        file.write(number, CUT[number])
    with pytest.raises(RemoteError, match=f"a is damaged in s3://b.*rather than {digest}"):
        file.verify("a", "s3://b")
    assert not file.path.exists()
    assert begin(tmp_path, digest).missing == [0, 1, 2]


def test_an_empty_object_needs_no_piece(tmp_path: Path) -> None:
    empty = begin(tmp_path, "d41d8cd98f00b204e9800998ecf8427e", 0)
    assert empty.missing == []
    empty.verify("a", "s3://b")
