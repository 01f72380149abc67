import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import RemoteError
from pipeline.object_download import ObjectDownload
from pipeline.object_file import ObjectFile
from pipeline.remote_address import RemoteAddress
from pipeline.remote_objects import RemoteObjects
from tests.object_server import ObjectServer, serving_objects
from tests.project import ROOT
from tests.pushed_folder import push_object


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
        "import sys; import pipeline.version_fetch, pipeline.remote_objects, fsspec\n"
        "fsspec.get_filesystem_class('s3'), fsspec.get_filesystem_class('https')\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=True)  # fmt: skip
    assert done.stdout.strip() == "[]"
