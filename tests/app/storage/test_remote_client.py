import hashlib
import time
from pathlib import Path

import pytest
from dvc_data.hashfile.db import get_odb
from dvc_objects.fs.local import LocalFileSystem

from app.storage.remote_client import (
    file_sizes,
    object_sizes,
    remote_fault,
    says_absent,
    secrets_of,
    transfer_progress,
)
from tests.support.remotes import push_object


class NoCredentialsError(Exception):
    """Named as botocore names it."""


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (NoCredentialsError("Unable to locate credentials"), "set AWS_ACCESS_KEY_ID and"),
        (PermissionError("Access Denied"), "what their account may do there"),
        (FileNotFoundError("The specified bucket does not exist"), "make the bucket first"),
        (ConnectionRefusedError("refused"), "start it (`make s3` starts a local one)"),
        (TimeoutError(), "start it"),
        (ValueError("odd\n  thing"), "check `dvc remote list` and its credentials"),
    ],
)
def test_the_line_names_the_remote_the_reason_and_the_fix(error: Exception, fix: str) -> None:
    line = str(remote_fault("s3://models/x", "store", error, []))
    assert line.startswith(f"the remote s3://models/x cannot be used ({type(error).__name__}")
    assert fix in line
    assert "\n" not in line


def test_what_is_secret_is_not_shown() -> None:
    config = {
        "url": "s3://models",
        "access_key_id": "AKIA1234",
        "secret_access_key": "AKIA1234/longer",
        "password": None,
        "region": "eu-west-1",
    }
    said = "AKIA1234/longer of AKIA1234 at https://ada:pw@host/x in eu-west-1"
    line = str(remote_fault("s3://models", "store", OSError(said), secrets_of(config)))
    assert "*** of *** at https://***@host/x in eu-west-1" in line


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


class Screen:
    """A terminal that keeps what is written to it."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        return True


def test_the_bytes_of_all_files_are_one_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    with transfer_progress("uploading", 3000) as progress:
        one, two = progress.branched("a", "b"), progress.branched("c", "d")
        one.relative_update(1000)
        two.absolute_update(500)
        # The bar is drawn anew ten times a second at most.
        time.sleep(0.15)
        two.absolute_update(2000)
    assert "uploading" in screen.text
    assert "3.00k/3.00k" in screen.text


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with transfer_progress("uploading", 10) as progress:
        progress.branched("a", "b").relative_update(10)
    assert capsys.readouterr().err == ""
