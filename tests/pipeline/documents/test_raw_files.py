import os
import socket
from pathlib import Path

import pytest

from pipeline.documents.raw_files import RawEntry, printable, raw_entries

NOT_UTF8 = os.fsdecode(b"caf\xe9.md")


def _only(folder: Path) -> RawEntry:
    [entry] = raw_entries(folder, exclude=())
    return entry


@pytest.mark.parametrize(
    "name", ["a\nb.md", "..md", "...", "a..b.md", "😀.md", "naïve file.md", "-rf", "con", "*.md"]
)
def test_a_name_of_any_letters_is_taken_as_it_stands(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("text")
    entry = _only(tmp_path)
    assert (entry.relative, entry.size, entry.fault) == (name, 4, None)
    assert entry.path.read_text() == "text"


def test_a_name_that_is_no_utf8_has_a_fault_and_can_be_printed(tmp_path: Path) -> None:
    (tmp_path / NOT_UTF8).write_text("x")
    entry = _only(tmp_path)
    assert entry.fault == "its name is not valid UTF-8; rename it"
    assert entry.printable == "caf\ufffd.md"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a/b.md", "a/b.md"),
        ("two words é 😀", "two words é 😀"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        (NOT_UTF8, "caf\ufffd.md"),
    ],
)
def test_a_printed_name_is_one_harmless_line(name: str, shown: str) -> None:
    assert printable(name) == shown


def test_entries_stand_in_the_order_of_their_paths_as_strings(tmp_path: Path) -> None:
    names = ["a-b/x.txt", "a/y.txt", "a.txt", "Z.txt", "é.txt", "a/b c.txt"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [entry.relative for entry in raw_entries(tmp_path, ())] == sorted(names)


def test_folders_are_no_entries_whatever_their_name(tmp_path: Path) -> None:
    (tmp_path / "x.md").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.md" / "y.md").write_text("inside")
    assert _only(tmp_path).relative == "x.md/y.md"


def test_links_are_taken_only_where_they_lead_to_a_file_inside(tmp_path: Path) -> None:
    raw, outside = tmp_path / "raw", tmp_path / "raw and more"
    raw.mkdir()
    outside.mkdir()
    (outside / "secret.md").write_text("secret")
    (raw / "good.md").write_text("good")
    (raw / "to file.md").symlink_to("good.md")
    (raw / "out.md").symlink_to(outside / "secret.md")
    (raw / "folder out").symlink_to(outside)
    (raw / "folder in").symlink_to(raw)
    (raw / "dangling.md").symlink_to("gone.md")
    (raw / "circle.md").symlink_to("circle.md")
    faults = {entry.relative: entry.fault for entry in raw_entries(raw, ())}
    assert faults == {
        "good.md": None,
        "to file.md": None,
        "out.md": "it is a link out of the folder; put a copy there",
        "folder out": "it is a link out of the folder; put a copy there",
        "folder in": "it is a link to a folder; put a copy there",
        "dangling.md": "it is a link that leads nowhere (No such file or directory); "
        "remove or mend it",
        "circle.md": "it is a link that leads nowhere (Too many levels of symbolic links); "
        "remove or mend it",
    }


def test_a_raw_folder_that_is_a_link_is_that_folder(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.md").write_text("x")
    (tmp_path / "raw").symlink_to("there")
    assert (_only(tmp_path / "raw").relative, _only(tmp_path / "raw").fault) == ("a.md", None)


def test_pipes_and_sockets_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.md"))
    faults = [entry.fault for entry in raw_entries(tmp_path, ())]
    assert faults == ["it is no regular file (a pipe, socket or device)"] * 2


def test_a_folder_that_cannot_be_listed_is_not_left_out_in_silence(tmp_path: Path) -> None:
    """Its path is longer than the system takes, which even root cannot help."""
    (tmp_path / "a.md").write_text("x")
    name, depth = "d" * 250, 20
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("lost.md", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    good, lost = raw_entries(tmp_path, ())
    assert (good.relative, good.fault) == ("a.md", None)
    assert lost.relative.startswith(name)
    assert lost.fault == (
        "it is a folder that cannot be listed (File name too long); mend or remove it"
    )


def test_excluded_files_are_no_entries(tmp_path: Path) -> None:
    for name in ("a.md", "b.tmp", "drafts/c.md", "drafts/deep/d.md", "deep/.DS_Store"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    os.mkfifo(tmp_path / "pipe.tmp")
    found = raw_entries(tmp_path, ("*.tmp", "drafts/*", ".DS_Store"))
    assert [entry.relative for entry in found] == ["a.md"]
