import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest

from pipeline.errors import RemoteError, VersionError
from pipeline.files import directory_hash, folder_files, hash_file
from pipeline.versions.download import PIECE_BYTES
from pipeline.versions.fetch import FetchedVersion, FetchTarget, fetch_version, parse_listing
from pipeline.versions.remote import RemoteAddress, RemoteObjects
from pipeline.versions.store import object_path
from tests.support.project import ROOT
from tests.support.remotes import (
    ObjectServer,
    let_anyone_read,
    push_folder,
    serving_objects,
    serving_s3,
)

NAME = "manifest.json"
CONTENT = b"{}"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").write_bytes(CONTENT)
    return tmp_path / "source"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def fetch_target(target: Path, source: Path) -> FetchTarget:
    return FetchTarget(target, directory_hash({NAME: source}), NAME)


def fill(folder: FetchTarget, source: Path) -> None:
    with folder.locked():
        folder.file(NAME, hash_file(source, "md5"), len(CONTENT)).write(0, source.read_bytes())
        folder.install()


@pytest.mark.parametrize("made", [False, True])
def test_it_takes_its_place_at_once_and_leaves_nothing_beside_it(
    made: bool, source: Path, here: Path
) -> None:
    if made:
        (here / "v").mkdir()
    folder = fetch_target(here / "v", source)
    assert not folder.is_there()
    fill(folder, source)
    assert folder.is_there()
    assert (here / "v" / NAME).read_bytes() == CONTENT
    assert [each.name for each in here.iterdir()] == ["v"]


@pytest.mark.parametrize("name", [NAME, "notes.txt"])
def test_another_folder_is_left_as_it_is(name: str, source: Path, here: Path) -> None:
    (here / "v").mkdir()
    (here / "v" / name).write_text("mine")
    folder = fetch_target(here / "v", source)
    with pytest.raises(VersionError, match="left as it is; give another folder with --to"):
        folder.is_there()
    with pytest.raises(VersionError, match="left as it is"):
        fill(folder, source)
    assert (here / "v" / name).read_text() == "mine"


def test_a_file_is_left_as_it_is(source: Path, here: Path) -> None:
    (here / "v").write_text("mine")
    with pytest.raises(VersionError, match="holds something else and is left"):
        fetch_target(here / "v", source).is_there()


def test_what_does_not_belong_to_it_is_never_put_in_place(source: Path, here: Path) -> None:
    folder = fetch_target(here / "v", source)
    folder.file("planted", "0" * 32, 1).write(0, b"x")
    with pytest.raises(RemoteError, match="was thrown away; run the same command again"):
        fill(folder, source)
    assert list(here.iterdir()) == []


def test_what_cannot_fit_is_not_begun(source: Path, here: Path) -> None:
    with pytest.raises(RemoteError, match="1,000,000,000 MB are to come, but .* free some"):
        fetch_target(here / "v", source).check_space(10**15)


def test_a_place_where_nothing_can_be_made_is_named(source: Path) -> None:
    with pytest.raises(
        RemoteError, match=r"source/v cannot be made \(.*\); give another folder with --to"
    ):
        fill(fetch_target(source / "v", source), source)


MD5 = "0" * 32


def parsed(value: object) -> dict[str, str]:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return parse_listing(content, hashlib.md5(content).hexdigest() + ".dir", "s3://b")


def test_paths_are_mapped_to_their_md5() -> None:
    rows = [{"md5": MD5, "relpath": "a/b c.txt"}, {"md5": "f" * 32, "relpath": "ü"}]
    assert parsed(rows) == {"a/b c.txt": MD5, "ü": "f" * 32}


@pytest.mark.parametrize(
    "relpath",
    ["../x", "a/../../x", "/etc/x", "a//b", "a/", ".", "./a", "", "C:/x", "c:x", "a\\..\\b",
     "a\0b", 7, None],
)  # fmt: skip
def test_a_path_that_leaves_the_folder_is_refused(relpath: object) -> None:
    with pytest.raises(RemoteError, match=r"names .* nothing was written"):
        parsed([{"md5": MD5, "relpath": "ok"}, {"md5": MD5, "relpath": relpath}])


@pytest.mark.parametrize("second", ["a", "a/b", "a/b/c"])
def test_a_path_twice_or_below_a_file_is_refused(second: str) -> None:
    with pytest.raises(RemoteError, match="names 'a' twice"):
        parsed([{"md5": MD5, "relpath": "a"}, {"md5": MD5, "relpath": second}])


@pytest.mark.parametrize("md5", ["../../../../etc/passwd", "0" * 31, "0" * 32 + ".dir", None, 3])
def test_a_digest_that_is_none_is_refused(md5: object) -> None:
    with pytest.raises(RemoteError, match="impossible MD5"):
        parsed([{"md5": md5, "relpath": "a"}])


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"\xff", b"{}1", b"7", b"null", b'["a"]', b'[{"md5": 1}]', b"[" * 100_000],
)
def test_what_is_no_listing_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(RemoteError, match="lists no files"):
        parsed(content)


def test_a_cut_listing_is_damaged() -> None:
    with pytest.raises(RemoteError, match=r"listing 0{32}\.dir is damaged in s3://b.*push again"):
        parse_listing(b"[{", "0" * 32 + ".dir", "s3://b")


LARGE = random.Random(1).randbytes(2 * PIECE_BYTES + 1000)
FILES = {
    "manifest.json": b"{}",
    "encoder/model.onnx": LARGE,
    "encoder/copy.onnx": LARGE,
    "chunks.parquet": b"chunks",
    "empty": b"",
}
LARGE_NAME = r"encoder/copy\.onnx \([0-9a-f]{32}\)"
_FETCH = (
    "import sys; from pathlib import Path\n"
    "from pipeline.versions.remote import RemoteAddress\n"
    "from pipeline.versions.remote import RemoteObjects\n"
    "from pipeline.versions.fetch import fetch_version\n"
    "with RemoteObjects(RemoteAddress(sys.argv[1])) as remote:\n"
    "    fetch_version(remote, sys.argv[2], Path(sys.argv[3]), threads=1)\n"
)


def fetch(
    url: str, wanted: str, target: Path, *, threads: int = 4, anonymous: bool = False
) -> FetchedVersion:
    with RemoteObjects(RemoteAddress(url, anonymous=anonymous), attempts=3) as remote:
        return fetch_version(remote, wanted, target, threads=threads)


def md5_of(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    (tmp_path / "remote").mkdir()
    return tmp_path / "remote"


@pytest.fixture
def pushed(remote: Path) -> str:
    return push_folder(remote, FILES)


@pytest.fixture
def web(remote: Path) -> Iterator[ObjectServer]:
    with serving_objects(remote) as server:
        yield server


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with serving_s3("versions", "public"):
        let_anyone_read("public")
        yield "s3://versions"


def pushed_to(bucket: str, remote: Path) -> str:
    fsspec.filesystem("s3", skip_instance_cache=True).put(
        f"{remote}/", f"{bucket}/{remote.parent.name}/", recursive=True
    )
    return f"{bucket}/{remote.parent.name}"


@pytest.mark.parametrize("kind", ["folder", "file", "parts", "whole", "no sizes", "s3", "public"])
def test_a_version_comes_from_any_kind_of_remote(
    kind: str, remote: Path, pushed: str, here: Path, web: ObjectServer, bucket: str
) -> None:
    web.parts, web.sizes = kind == "parts", kind != "no sizes"
    url = {"folder": str(remote), "file": f"file://{remote}"}.get(kind, web.url)
    if kind in ("s3", "public"):
        url = pushed_to(bucket if kind == "s3" else "s3://public", remote)
    found = fetch(url, pushed, here / "v", anonymous=kind == "public")
    assert (found.id, found.folder) == (pushed, here / "v")
    files = folder_files(here / "v")
    assert {name: path.read_bytes() for name, path in files.items()} == FILES
    assert directory_hash(files) == pushed
    assert found.came == sum(map(len, set(FILES.values())))
    assert left(here) == ["v"]


def test_a_large_object_comes_in_pieces(pushed: str, here: Path, web: ObjectServer) -> None:
    fetch(web.url, pushed, here / "v")
    assert sorted(web.parts_of(md5_of(LARGE))) == [
        f"bytes=0-{PIECE_BYTES - 1}",
        f"bytes={2 * PIECE_BYTES}-{len(LARGE) - 1}",
        f"bytes={PIECE_BYTES}-{2 * PIECE_BYTES - 1}",
    ]


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_the_start_of_an_id_is_enough_where_it_is_the_only_one(
    kind: str, remote: Path, pushed: str, here: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = pushed_to(bucket, remote) if kind == "s3" else str(remote)
    monkeypatch.chdir(here)
    with RemoteObjects(RemoteAddress(url)) as objects:
        found = fetch_version(objects, f" {pushed[:7].upper()}")
    assert found.folder == here / pushed[:12]
    object_path(remote, pushed[:5] + "0" * 27 + ".dir").write_bytes(b"another")
    other = "ffff0" if not pushed.startswith("ffff0") else "eeee0"
    with pytest.raises(VersionError, match=f"no folder in .* begins with '{other}'"):
        fetch(url, other, here / "v")
    with pytest.raises(VersionError, match="beginning of 2 folders.*give more digits"):
        fetch(str(remote), pushed[:5], here / "v")


@pytest.mark.parametrize("wanted", ["", "abc", "champion", "0" * 33, "../" + "0" * 29])
def test_what_is_no_id_is_refused(wanted: str, remote: Path, here: Path) -> None:
    with pytest.raises(VersionError, match=r"is no id of a Version: give its 32"):
        fetch(str(remote), wanted, here / "v")


def test_a_web_server_that_lists_nothing_wants_the_whole_id(
    pushed: str, here: Path, web: ObjectServer
) -> None:
    with pytest.raises(RemoteError, match="or give all 32 digits of the id"):
        fetch(web.url, pushed[:8], here / "v")


def test_what_is_there_already_costs_no_request(pushed: str, here: Path, web: ObjectServer) -> None:
    fetch(web.url, pushed, here / "v")
    web.seen.clear()
    assert fetch(web.url, pushed, here / "v").came == 0
    assert web.seen == []


def test_a_folder_that_is_no_version_is_refused(remote: Path, here: Path) -> None:
    chunks = push_folder(remote, {"chunks.parquet": b"chunks"})
    with pytest.raises(VersionError, match=r"no Version: it lacks manifest\.json and holds chunks"):
        fetch(str(remote), chunks, here / "v")
    assert left(here) == []


def test_a_damaged_object_is_named_and_thrown_away_and_the_rest_is_kept(
    remote: Path, pushed: str, here: Path, web: ObjectServer
) -> None:
    whole = object_path(remote, md5_of(LARGE))
    whole.write_bytes(b"x" + LARGE[1:])
    with pytest.raises(RemoteError, match=f"^{LARGE_NAME} is damaged in {web.url}.*push it again"):
        fetch(web.url, pushed, here / "v", threads=1)
    assert not (here / "v").exists()
    whole.write_bytes(LARGE)
    web.seen.clear()
    assert fetch(web.url, pushed, here / "v").id == pushed
    assert len(web.parts_of(md5_of(LARGE))) == 3
    assert web.parts_of(md5_of(FILES["chunks.parquet"])) == []
    assert left(here) == ["v"]


@pytest.mark.parametrize("size", [len(LARGE) // 2, 0, len(LARGE) + 1])
def test_an_object_that_was_cut_in_the_remote_is_damaged(
    size: int, remote: Path, pushed: str, here: Path
) -> None:
    object_path(remote, md5_of(LARGE)).write_bytes((LARGE + b"x")[:size])
    with pytest.raises(RemoteError, match=rf"{LARGE_NAME} is damaged in .*{size:,} bytes"):
        fetch(str(remote), pushed, here / "v")
    object_path(remote, md5_of(LARGE)).write_bytes(LARGE)
    assert fetch(str(remote), pushed, here / "v").id == pushed


@pytest.mark.parametrize("kind", ["folder", "web", "s3"])
def test_a_missing_object_is_named(
    kind: str, remote: Path, pushed: str, here: Path, web: ObjectServer, bucket: str
) -> None:
    object_path(remote, md5_of(LARGE)).unlink()
    url = {"folder": str(remote), "web": web.url, "s3": ""}[kind] or pushed_to(bucket, remote)
    with pytest.raises(RemoteError, match=f"^{LARGE_NAME} is not in {url}; push it"):
        fetch(url, pushed, here / "v")
    assert left(here) == []


def test_a_kill_loses_the_piece_in_flight_alone(pushed: str, here: Path, web: ObjectServer) -> None:
    web.delay = 0.1
    command = [sys.executable, "-c", _FETCH, web.url, pushed, str(here / "v")]
    process = subprocess.Popen(command, cwd=ROOT)
    while len(web.parts_of(md5_of(LARGE))) < 3:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (here / "v").exists()
    web.seen.clear()
    web.delay = 0.0
    came = fetch(web.url, pushed, here / "v").came
    assert len(web.parts_of(md5_of(LARGE))) == 1
    assert came < PIECE_BYTES
    assert directory_hash(folder_files(here / "v")) == pushed
    assert left(here) == ["v"]


def test_two_at_once_fetch_it_once(pushed: str, here: Path, web: ObjectServer) -> None:
    web.delay = 0.05
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(fetch, web.url, pushed, here / "v") for _ in range(2)]
        came = sorted(each.result().came for each in both)
    assert came[0] == 0
    assert len(web.parts_of(md5_of(LARGE))) == 3
    assert left(here) == ["v"]


def test_a_disk_that_is_full_is_said_and_what_came_is_kept(
    remote: Path, pushed: str, here: Path
) -> None:
    limited = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000,) * 2)\n{_FETCH}"
    )
    command = [sys.executable, "-c", limited, str(remote), pushed, str(here / "v")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "RemoteError: the disk is full at" in done.stderr
    assert not (here / "v").exists()
    assert fetch(str(remote), pushed, here / "v").id == pushed
