"""What a remote holds is asked of the remote, and only for the part that matters."""

import hashlib
from pathlib import Path

from dvc_data.hashfile.db import get_odb
from dvc_objects.fs.local import LocalFileSystem

from app.remote_listing import file_sizes, object_sizes, says_absent
from tests.pushed_folder import push_object


def test_objects_are_listed_with_their_sizes(tmp_path: Path) -> None:
    contents = [f"object {number}".encode() * number for number in range(1, 9)]
    digests = [push_object(tmp_path, each) for each in contents]
    odb = get_odb(LocalFileSystem(), str(tmp_path / "files" / "md5"), hash_name="md5")
    sizes = dict(zip(digests, map(len, contents), strict=True))
    assert object_sizes(odb) == sizes
    absent = hashlib.md5(b"absent").hexdigest()
    found = object_sizes(odb, [digests[0], absent])
    assert found.items() <= sizes.items()
    assert digests[0] in found
    assert object_sizes(odb, []) == {}


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.json").write_text("{}")
    assert file_sizes(LocalFileSystem(), str(tmp_path)) == {"a.json": 2}
    assert file_sizes(LocalFileSystem(), str(tmp_path / "none")) == {}


def test_a_server_that_is_down_lacks_nothing() -> None:
    """The client of HTTP calls every fault a missing file, and keeps the fault as its cause."""
    down, gone = FileNotFoundError("https://host/x"), FileNotFoundError("https://host/x")
    down.__cause__ = ConnectionError("refused")
    gone.__cause__ = _Answered(404)
    assert not says_absent(down)
    assert says_absent(gone)
    assert says_absent(FileNotFoundError("x"))
    assert not says_absent(PermissionError("x"))


class _Answered(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status
