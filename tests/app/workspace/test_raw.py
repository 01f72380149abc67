import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from app.workspace.raw import check_raw, write_listing
from app.workspace.reproduction import initialise, reproduce
from app.workspace.workspace import Workspace
from pipeline.errors import DataError
from pipeline.files import hash_text
from pipeline.params import IngestParams, read_section
from tests.support.project import ROOT

# DVC 3.67 on pygtrie 2.6.
PIPELINE = """
stages:
  ingest: {cmd: echo ran > out, deps: [data/raw], outs: [out]}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    workspace.raw.mkdir(parents=True)
    (workspace.raw / "a.txt").write_text("a", encoding="utf-8")
    initialise(workspace)
    (workspace.root / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    return workspace


@pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")
def test_documents_must_be_there(workspace: Workspace) -> None:
    check_raw(workspace)
    (workspace.raw / "a.txt").unlink()
    with pytest.raises(DataError, match="raw is empty; put documents there"):
        check_raw(workspace)
    workspace.raw.rmdir()
    with pytest.raises(DataError, match="raw does not exist; put documents there, or `dvc pull`"):
        check_raw(workspace)


@pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")
def test_what_stops_dvc_is_named_with_the_way_out(workspace: Workspace) -> None:
    os.mkfifo(workspace.raw / "pipe")
    with pytest.raises(DataError, match="pipe: it is no regular file.* Remove or rename that, or"):
        reproduce(workspace)
    (workspace.raw / "lost\x1b[2J").symlink_to("nowhere")
    (workspace.raw / "round").symlink_to("round")
    (workspace.raw / os.fsdecode(b"caf\xe9")).mkdir()
    (workspace.raw / os.fsdecode(b"caf\xe9/b.txt")).touch()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(workspace.raw / "socket"))
    with pytest.raises(DataError) as caught:
        check_raw(workspace)
    said = str(caught.value)
    assert "caf\ufffd/b.txt: its name is not valid UTF-8" in said
    assert r"lost\x1b[2J: it is a link that leads nowhere" in said
    assert "; and 2 more. Remove or rename that" in said
    assert f"`winnow run --raw {workspace.raw}` read the rest" in said
    assert said.isprintable()


@pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")
def test_what_dvc_takes_is_let_through(workspace: Workspace) -> None:
    """Really: DVC runs, and neither hangs nor fails."""
    raw, outside = workspace.raw, workspace.root / "outside"
    (outside / "below").mkdir(parents=True)
    os.mkfifo(outside / "below" / "pipe")
    (outside / "b.txt").touch()
    (raw / "link.txt").symlink_to(outside / "b.txt")
    (raw / "folder").symlink_to(outside / "below")
    (raw / "me").symlink_to(".")
    (raw / "new\nline \U0001f600 ..txt").touch()
    (raw / os.fsdecode(b"empty \xe9")).mkdir()
    reproduce(workspace)
    assert (workspace.root / "out").read_text("utf-8") == "ran\n"


@pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")
def test_what_dvcignore_keeps_from_dvc_is_let_through(workspace: Workspace) -> None:
    os.mkfifo(workspace.raw / "pipe")
    (workspace.root / ".dvcignore").write_text("pipe\n", encoding="utf-8")
    reproduce(workspace)
    assert (workspace.root / "out").is_file()


LONG_AGO = time.time() - 3600


@pytest.fixture(scope="module")
def params() -> IngestParams:
    return read_section(ROOT / "params.yaml", "ingest", IngestParams)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    raw = tmp_path / "raw"
    (raw / "b").mkdir(parents=True)
    (raw / "a.txt").write_text("abc", encoding="utf-8")
    (raw / "b" / "new\nline.txt").write_text("abc", encoding="utf-8")
    (raw / ".DS_Store").touch()
    os.mkfifo(raw / "pipe")
    (raw / "lost").symlink_to("nowhere")
    (raw / os.fsdecode(b"caf\xe9.txt")).write_text("é", encoding="utf-8")
    return raw


def listed(folder: Path, params: IngestParams) -> list[dict[str, Any]]:
    listing, memory = folder.parent / "raw.json", folder.parent / "memory.json"
    write_listing(folder, listing, memory, params)
    rows: list[dict[str, Any]] = json.loads(listing.read_text("utf-8"))
    return rows


def memory(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder.parent / "memory.json").read_text("utf-8"))
    return content


def settle(folder: Path) -> None:
    """Wait until files count as settled: a time of change cannot be set."""
    newest = max(path.lstat().st_ctime for path in folder.rglob("*"))
    time.sleep(max(0.0, newest + 2.1 - time.time()))


def test_every_entry_is_listed_with_its_hash_or_its_fault(
    folder: Path, params: IngestParams
) -> None:
    rows = {row["path"]: row for row in listed(folder, params)}
    assert list(rows) == ["a.txt", r"b/new\nline.txt", "caf\ufffd.txt", "lost", "pipe"]
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert rows["a.txt"] == {"path": "a.txt", "size": 3, "sha256": abc, "fault": None}
    assert rows[r"b/new\nline.txt"]["sha256"] == abc
    for name, reason in (("caf\ufffd.txt", "UTF-8"), ("lost", "nowhere"), ("pipe", "regular")):
        assert rows[name]["sha256"] is None
        assert reason in rows[name]["fault"]


def test_the_listing_knows_nothing_of_the_machine(folder: Path, params: IngestParams) -> None:
    before = listed(folder, params)
    moved = folder.rename(folder.parent / "another raw")
    os.utime(moved / "a.txt", (LONG_AGO, LONG_AGO))
    assert listed(moved, params) == before


def test_what_did_not_change_is_not_written(folder: Path, params: IngestParams) -> None:
    settle(folder)
    listed(folder, params)
    files = [folder.parent / name for name in ("raw.json", "memory.json")]
    before = [path.stat().st_mtime_ns for path in files]
    listed(folder, params)
    assert [path.stat().st_mtime_ns for path in files] == before
    (folder / "a.txt").write_text("abd", encoding="utf-8")
    listed(folder, params)
    assert files[0].stat().st_mtime_ns > before[0]


def test_a_hash_is_remembered_until_the_file_changes(folder: Path, params: IngestParams) -> None:
    settle(folder)
    true = listed(folder, params)
    content = memory(folder)
    content["files"]["a.txt"][-1] = "remembered"
    (folder.parent / "memory.json").write_text(json.dumps(content), encoding="utf-8")
    assert listed(folder, params)[0]["sha256"] == "remembered"
    about = (folder / "a.txt").stat()
    (folder / "a.txt").write_text("abc", encoding="utf-8")
    os.utime(folder / "a.txt", ns=(about.st_atime_ns, about.st_mtime_ns))
    assert listed(folder, params) == true


def test_a_file_changed_a_moment_ago_is_hashed_again(folder: Path, params: IngestParams) -> None:
    listed(folder, params)
    assert memory(folder)["files"] == {}


@pytest.mark.parametrize("content", ["", "[1]", '{"files": 3}', '{"folder": "x", "files": {}}'])
def test_a_broken_memory_is_no_obstacle(folder: Path, params: IngestParams, content: str) -> None:
    (folder.parent / "memory.json").write_text(content, encoding="utf-8")
    assert len(listed(folder, params)) == 5


def test_a_memory_of_another_folder_is_not_used(folder: Path, params: IngestParams) -> None:
    settle(folder)
    true = listed(folder, params)
    content = memory(folder)
    assert content["folder"] == hash_text(str(folder))
    content["files"]["a.txt"][-1] = "remembered"
    content["folder"] = "another"
    (folder.parent / "memory.json").write_text(json.dumps(content), encoding="utf-8")
    assert listed(folder, params) == true


def test_a_file_that_is_too_large_to_be_read_is_not_hashed(
    folder: Path, params: IngestParams
) -> None:
    with (folder / "large.bin").open("wb") as file:
        file.truncate(params.max_megabytes * 1_000_000 + 1)
    row = {row["path"]: row for row in listed(folder, params)}["large.bin"]
    assert (row["sha256"], row["fault"]) == (None, None)
    assert row["size"] == params.max_megabytes * 1_000_000 + 1
