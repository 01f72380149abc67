"""Raw check: what stops DVC is named at once, what does not stop it is let through."""

import os
import socket
from pathlib import Path

import pytest

from app.raw_check import check_raw
from app.reproduction import initialise, reproduce
from app.workspace import Workspace
from pipeline.errors import DataError

# DVC 3.67 on pygtrie 2.6.
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")
PIPELINE = """
stages:
  ingest: {cmd: echo ran > out, deps: [data/raw], outs: [out]}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    place = Workspace(tmp_path)
    place.raw.mkdir(parents=True)
    (place.raw / "a.txt").write_text("a", encoding="utf-8")
    initialise(place)
    (place.root / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    return place


def test_documents_must_be_there(workspace: Workspace) -> None:
    check_raw(workspace)
    (workspace.raw / "a.txt").unlink()
    with pytest.raises(DataError, match="raw is empty; put documents there"):
        check_raw(workspace)
    workspace.raw.rmdir()
    with pytest.raises(DataError, match="raw does not exist; put documents there, or `dvc pull`"):
        check_raw(workspace)


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


def test_what_dvcignore_keeps_from_dvc_is_let_through(workspace: Workspace) -> None:
    os.mkfifo(workspace.raw / "pipe")
    (workspace.root / ".dvcignore").write_text("pipe\n", encoding="utf-8")
    reproduce(workspace)
    assert (workspace.root / "out").is_file()
