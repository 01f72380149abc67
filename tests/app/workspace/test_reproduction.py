"""Running DVC: which stage runs, and what is said when one does not end well."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from app.workspace.creation import create_workspace
from app.workspace.reproduction import (
    ASIDE,
    initialise,
    remove_damaged,
    reproduce,
    set_aside_broken_lock,
)
from app.workspace.workspace import Workspace
from pipeline.errors import ParamsError, WinnowError

# DVC 3.67 on pygtrie 2.6.
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")

MAKE = (
    "python -c \"import pathlib; v = pathlib.Path('data/version'); v.mkdir(parents=True);"
    "(v / 'a').write_text('a'); (v / 'b').write_text('b')\""
)


def built(root: Path) -> Workspace:
    workspace = Workspace(root)
    (root / "data" / "raw").mkdir(parents=True)
    (root / "data" / "raw" / "x").write_text("x", encoding="utf-8")
    initialise(workspace)
    stages = {
        "ingest": {"cmd": "true", "deps": ["data/raw"], "outs": []},
        "package": {"cmd": MAKE, "deps": ["data/raw"], "outs": ["data/version"]},
    }
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}), encoding="utf-8")
    reproduce(workspace)
    return workspace


def objects(workspace: Workspace) -> list[Path]:
    return sorted(path for path in (workspace.cache / "files").rglob("*") if path.is_file())


def damage(path: Path) -> None:
    path.chmod(0o644)
    path.write_text("junk", encoding="utf-8")
    path.chmod(0o444)


def test_a_sound_cache_is_left_alone(tmp_path: Path) -> None:
    workspace = built(tmp_path)
    before = objects(workspace)
    assert len(before) == 3
    assert remove_damaged(workspace) == []
    assert objects(workspace) == before


def test_a_damaged_file_or_listing_goes_and_a_run_brings_it_back(tmp_path: Path) -> None:
    workspace = built(tmp_path)
    for path in objects(workspace):
        damage(path)
        reproduce(workspace)
        assert remove_damaged(workspace) == []
        assert len(objects(workspace)) == 3


def test_a_damaged_file_goes_although_the_built_folder_is_gone_too(tmp_path: Path) -> None:
    workspace = built(tmp_path)
    version = workspace.version
    for path in objects(workspace):
        damage(path)
    for name in "ab":
        (tmp_path / "data" / "version" / name).unlink()
    reproduce(workspace)
    assert workspace.version == version
    assert (tmp_path / "data" / "version" / "a").read_text("utf-8") == "a"


def test_nothing_built_has_nothing_damaged(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    initialise(workspace)
    (tmp_path / "dvc.yaml").write_text("stages: {}", encoding="utf-8")
    assert remove_damaged(workspace) == []


SOUND = "schema: '2.0'\nstages:\n  ingest:\n    cmd: python -m pipeline.stages.ingest\n"


def test_a_sound_lock_stays(tmp_path: Path) -> None:
    lock = tmp_path / "dvc.lock"
    assert set_aside_broken_lock(Workspace(tmp_path)) is None
    lock.write_text(SOUND)
    assert set_aside_broken_lock(Workspace(tmp_path)) is None
    assert lock.read_text() == SOUND


@pytest.mark.parametrize("length", [0, 3, 12, 20, 34])
def test_a_lock_that_was_cut_short_is_set_aside(tmp_path: Path, length: int) -> None:
    (tmp_path / "dvc.lock").write_text(SOUND[:length])
    assert set_aside_broken_lock(Workspace(tmp_path)) == tmp_path / ASIDE
    assert (tmp_path / ASIDE).read_text() == SOUND[:length]
    assert not (tmp_path / "dvc.lock").exists()


COPY = "python -c \"import shutil; shutil.copy('data/raw/a', 'first')\""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two stages; the second is what a test makes of it."""
    workspace = Workspace(tmp_path / "a project")
    (workspace.root / "data" / "raw").mkdir(parents=True)
    (workspace.root / "data" / "raw" / "a").write_text("a", encoding="utf-8")
    initialise(workspace)
    second(workspace, "cp first second")
    return workspace


def second(workspace: Workspace, command: str) -> None:
    stages = {
        "ingest": {"cmd": COPY, "deps": ["data/raw"], "outs": ["first"]},
        "package": {"cmd": command, "deps": ["first"], "outs": ["second"]},
    }
    (workspace.root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}), encoding="utf-8")


def test_stages_are_announced_once_and_then_up_to_date(
    workspace: Workspace, capfd: pytest.CaptureFixture[str]
) -> None:
    reproduce(workspace)
    assert (workspace.root / "second").read_text("utf-8") == "a"
    assert capfd.readouterr() == ("", "[1/2] ingest\n[2/2] package\n")
    reproduce(workspace)
    assert capfd.readouterr() == ("", "")


def test_one_stage_alone(workspace: Workspace, capfd: pytest.CaptureFixture[str]) -> None:
    reproduce(workspace, "ingest")
    assert capfd.readouterr().err == "[1/2] ingest\n"
    assert not (workspace.root / "second").exists()


def test_an_unknown_stage_is_named(workspace: Workspace) -> None:
    with pytest.raises(ParamsError, match=r"'pakage': no such stage; did you mean package\?"):
        reproduce(workspace, "pakage")
    with pytest.raises(ParamsError, match="stages here: ingest, package"):
        reproduce(workspace, "zzz")


def test_a_stage_that_failed_has_said_why_itself(
    workspace: Workspace, capfd: pytest.CaptureFixture[str]
) -> None:
    second(workspace, "echo error: mine >&2; exit 1")
    with pytest.raises(typer.Exit) as caught:
        reproduce(workspace)
    assert caught.value.exit_code == 1
    said = capfd.readouterr().err.splitlines()
    assert said[2:] == [
        "error: mine",
        "stopped at stage package; mend that and run again: what is done is kept",
    ]
    second(workspace, "cp first second")
    reproduce(workspace)
    assert "ingest" not in capfd.readouterr().err


def test_a_killed_stage_names_the_signal(workspace: Workspace) -> None:
    second(workspace, "kill -9 $$")
    with pytest.raises(WinnowError, match="stage package was killed by signal 9; if it ran out"):
        reproduce(workspace)


def test_an_interrupted_stage_is_an_interruption(workspace: Workspace) -> None:
    second(workspace, "exit 130")
    with pytest.raises(KeyboardInterrupt):
        reproduce(workspace)


def test_what_dvc_finds_missing_is_one_line(workspace: Workspace) -> None:
    with pytest.raises(WinnowError, match="stage package: .*first") as caught:
        reproduce(workspace, "package")
    assert "\n" not in str(caught.value)


@pytest.mark.thorough
def test_a_folder_that_dvc_is_at_work_in_says_so(workspace: Workspace) -> None:
    holder = (
        "import sys; from dvc.repo import Repo\n"
        "repo = Repo('.')\n"
        "with repo.lock:\n    print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", holder],
        cwd=workspace.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(WinnowError, match="at work in this folder already"):
        reproduce(workspace)
    process.communicate("")
    reproduce(workspace)


def test_a_stage_that_another_run_is_at_work_on_says_so_too(workspace: Workspace) -> None:
    second(workspace, "sleep 30; cp first second")
    code = (
        "import sys; from pathlib import Path; from app.workspace.reproduction import reproduce;"
        "from app.workspace.workspace import Workspace; reproduce(Workspace(Path(sys.argv[1])))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(workspace.root)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    while "package" not in process.stderr.readline():
        pass
    with pytest.raises(WinnowError, match="at work in this folder already"):
        reproduce(workspace)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    second(workspace, "cp first second")
    reproduce(workspace)


def test_stages_get_our_python_and_the_environment_is_put_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    code = "import sys, pathlib; pathlib.Path('second').write_text(sys.prefix)"
    second(workspace, f'python -c "{code}"')
    here = Path.cwd()
    reproduce(workspace)
    assert (workspace.root / "second").read_text("utf-8") == sys.prefix
    assert os.environ["PATH"] == "/usr/bin:/bin"
    assert Path.cwd() == here


def test_a_listing_of_raw_files_is_written_before_dvc_starts(tmp_path: Path, raw: Path) -> None:
    workspace = create_workspace(tmp_path / "w", raw)
    listed(workspace)
    reproduce(workspace, "ingest")
    [row] = json.loads((workspace.root / "listed").read_text("utf-8"))
    assert row["path"] == "a"
    (raw / "b").touch()
    reproduce(workspace, "ingest")
    assert len(json.loads((workspace.root / "listed").read_text("utf-8"))) == 2


def test_dvc_never_meets_the_folder_behind_a_listing(tmp_path: Path, raw: Path) -> None:
    """Neither behind the link nor in a folder of the workspace's own."""
    for workspace in (
        create_workspace(tmp_path / "w", raw),
        create_workspace(tmp_path / "v", None),
    ):
        (workspace.raw / "a").touch()
        os.mkfifo(workspace.raw / "pipe")
        (workspace.raw / "lost").symlink_to("nowhere")
        (workspace.raw / os.fsdecode(b"caf\xe9")).touch()
        (workspace.raw / "dvc.yaml").write_text("junk: [", encoding="utf-8")
        (workspace.raw / "x.dvc").write_text("junk: [", encoding="utf-8")
        listed(workspace)
        reproduce(workspace, "ingest")
        assert len(json.loads((workspace.root / "listed").read_text("utf-8"))) == 6


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "some papers"
    folder.mkdir()
    (folder / "a").write_text("a", encoding="utf-8")
    return folder


def listed(workspace: Workspace) -> None:
    """Make `ingest` of a workspace copy its listing."""
    stage = {"cmd": "cp data/raw.json listed", "deps": ["data/raw.json"], "outs": ["listed"]}
    text = yaml.safe_dump({"stages": {"ingest": stage}})
    (workspace.root / "dvc.yaml").write_text(text, encoding="utf-8")
