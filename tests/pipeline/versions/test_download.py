import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import RemoteError
from pipeline.files import hash_file
from pipeline.versions.download import PIECE_BYTES, ObjectDownload, ObjectFile
from pipeline.versions.remote import RemoteAddress, RemoteObjects
from tests.support.project import ROOT
from tests.support.remotes import ObjectServer, push_object, serving_objects


@pytest.fixture
def web(tmp_path: Path) -> Iterator[ObjectServer]:
    (tmp_path / "remote").mkdir()
    with serving_objects(tmp_path / "remote") as server:
        yield server


def begun(folder: Path, web: ObjectServer, count: int) -> dict[str, ObjectFile]:
    files = {}
    for number in range(count):
        content = b"%04d" % number
        md5 = push_object(web.folder, content)
        files[f"{number}"] = ObjectFile(folder / f"{number}", folder / "pieces" / md5, md5, 4)
    return files


def download(web: ObjectServer, threads: int, came: list[int]) -> ObjectDownload:
    remote = RemoteObjects(RemoteAddress(web.url), attempts=5)
    return ObjectDownload(remote, in_parts=True, threads=threads, progress=came.append)


def test_all_come_and_each_is_told(tmp_path: Path, web: ObjectServer) -> None:
    files, came = begun(tmp_path, web, 30), list[int]()
    download(web, 8, came).fetch(files)
    assert [file.path.read_bytes() for file in files.values()] == [b"%04d" % n for n in range(30)]
    assert came == [4] * 30


def test_sizes_are_told_or_the_missing_is_named(tmp_path: Path, web: ObjectServer) -> None:
    digests = {name: file.digest for name, file in begun(tmp_path, web, 3).items()}
    assert download(web, 2, []).sizes(digests) == {"0": 4, "1": 4, "2": 4}
    with pytest.raises(RemoteError, match="^nowhere is not in"):
        download(web, 2, []).sizes({**digests, "nowhere": "0" * 32})


def test_the_first_fault_ends_all_of_it(tmp_path: Path, web: ObjectServer) -> None:
    files = begun(tmp_path, web, 40)
    denied = files["3"].digest[2:]
    # Whoever waits to ask again, gives up at once.
    web.fault = lambda request: 403 if request.path.endswith(denied) else 503
    with pytest.raises(RemoteError, match="denies access to 3|cannot be read"):
        download(web, 4, []).fetch(files)
    assert len(web.seen) < 20


def test_it_loads_neither_dvc_nor_what_builds_or_measures() -> None:
    heavy = ("dvc", "git", "torch", "mlflow", "faiss", "onnxruntime", "ragas", "transformers")
    code = (
        "import sys; import pipeline.versions.fetch, pipeline.versions.remote, fsspec\n"
        "fsspec.get_filesystem_class('s3'), fsspec.get_filesystem_class('https')\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=True)  # fmt: skip
    assert done.stdout.strip() == "[]"


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
