"""A folder of hostile files through `winnow run`: every entry accounted for, the good ones read."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.documents.raw_files import printable
from tests.app.commands.test_run import fails
from tests.support.hostile_folder import DUPLICATES, GOOD, QUARANTINED, write_hostile_folder
from tests.support.project import Project

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
PLACE = ("--workspace", "work")


@dataclass(frozen=True, slots=True)
class Survived:
    """What a run over the folder said and wrote, and the folder before and after it."""

    home: Project
    folder: Path
    done: subprocess.CompletedProcess[str]
    before: dict[str, tuple[int, ...]]
    after: dict[str, tuple[int, ...]]

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        report = json.loads((self.home.root / "work/data/ingest.json").read_text("utf-8"))
        return {row["path"]: row for row in report["files"]}


def entries(folder: Path) -> Iterator[Path]:
    yield folder
    for place, folders, names in os.walk(folder):
        yield from (Path(place, name) for name in (*folders, *names))


def snapshot(folder: Path) -> dict[str, tuple[int, ...]]:
    found = {str(path): path.lstat() for path in entries(folder)}
    return {
        path: (about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_mode)
        for path, about in found.items()
    }


@pytest.fixture(scope="module")
def survived(tmp_path_factory: pytest.TempPathFactory, default_encoders: Path) -> Survived:
    home = Project(tmp_path_factory.mktemp("hostile"))
    folder = write_hostile_folder(home.root)
    shutil.copytree(default_encoders, home.root / "work" / ".winnow" / "encoders")
    before = snapshot(folder)
    done = home.run("winnow", "run", "--raw", str(folder), *PLACE, "--only", "ingest")
    return Survived(home, folder, done, before, snapshot(folder))


def test_it_ends_well(survived: Survived) -> None:
    assert survived.done.returncode == 0, survived.done.stderr
    assert "Traceback" not in survived.done.stderr


def test_nothing_is_written_into_the_folder(survived: Survived) -> None:
    assert survived.after == survived.before


def test_every_entry_is_accounted_for(survived: Survived) -> None:
    there = [
        path.relative_to(survived.folder).as_posix()
        for path in entries(survived.folder)
        if path.is_symlink() or not path.is_dir()
    ]
    assert sorted(survived.files) == sorted(map(printable, there))


@pytest.mark.parametrize("name", GOOD)
def test_good_files_are_read_whatever_their_name(survived: Survived, name: str) -> None:
    file = survived.files[printable(name)]
    assert file["status"] == "read", file["reason"]
    assert file["characters"] == len(GOOD[name].strip())


@pytest.mark.parametrize("name", QUARANTINED)
def test_each_bad_one_has_its_reason(survived: Survived, name: str) -> None:
    file = survived.files[name]
    assert file["status"] == "quarantined"
    assert re.search(QUARANTINED[name], file["reason"]), file["reason"]


@pytest.mark.parametrize("name", DUPLICATES)
def test_the_same_bytes_are_read_once(survived: Survived, name: str) -> None:
    assert survived.files[name]["status"] == "duplicate"
    assert survived.files[name]["same_as"] == DUPLICATES[name]


def test_what_is_said_fits_a_terminal(survived: Survived) -> None:
    said = survived.done.stdout
    assert all(line.isprintable() for line in said.splitlines())
    assert f"{len(GOOD)} documents read, {len(QUARANTINED)} quarantined, 2 duplicates" in said
    assert r"quarantined lost.txt: it is a link that leads nowhere" in said
    table = survived.home.ok("winnow", "documents", *PLACE)
    assert all(line.isprintable() for line in table.splitlines())
    assert r"new\nline.txt" in table


def test_nothing_from_outside_gets_in(survived: Survived) -> None:
    documents = (survived.home.root / "work/data/documents/documents.parquet").read_bytes()
    assert b"Nobody asked" not in documents
    assert str(survived.home.root) not in json.dumps(survived.files)


def test_the_rest_becomes_a_version_and_a_second_run_reads_nothing(survived: Survived) -> None:
    survived.home.ok("winnow", "run", *PLACE)
    assert "five years" in survived.home.ok("winnow", "ask", *PLACE, "How long is the warranty?")
    again = survived.home.run("winnow", "run", "--raw", str(survived.folder), *PLACE)
    assert again.returncode == 0
    assert again.stderr == ""


def test_in_a_projects_own_folder_they_are_named_before_dvc_starts(project: Project) -> None:
    raw = project.root / "data" / "raw"
    os.mkfifo(raw / "pipe")
    (raw / "lost").symlink_to("nowhere")
    (raw / os.fsdecode(b"caf\xe9.txt")).touch()
    error = fails(project, "winnow", "run")
    for name, reason in (
        ("pipe", "no regular file"),
        ("lost", "a link that leads nowhere"),
        ("caf\ufffd.txt", "not valid UTF-8"),
    ):
        assert re.search(f"{name}: [^;]*{reason}", error)
    assert f"`winnow run --raw {raw}`" in error
    (raw / "pipe").unlink()
    (raw / "lost").unlink()
    (raw / os.fsdecode(b"caf\xe9.txt")).unlink()
    assert project.run("winnow", "run").stderr == ""
