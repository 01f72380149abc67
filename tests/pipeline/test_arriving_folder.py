from pathlib import Path

import pytest

from pipeline.arriving_folder import ArrivingFolder
from pipeline.digest import directory_hash, hash_file
from pipeline.errors import RemoteError, VersionError

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


def arriving(target: Path, source: Path) -> ArrivingFolder:
    return ArrivingFolder(target, directory_hash({NAME: source}), NAME)


def fill(folder: ArrivingFolder, source: Path) -> None:
    with folder.locked():
        folder.file(NAME, hash_file(source, "md5"), len(CONTENT)).write(0, source.read_bytes())
        folder.install()


@pytest.mark.parametrize("made", [False, True])
def test_it_takes_its_place_at_once_and_leaves_nothing_beside_it(
    made: bool, source: Path, here: Path
) -> None:
    if made:
        (here / "v").mkdir()
    folder = arriving(here / "v", source)
    assert not folder.is_there()
    fill(folder, source)
    assert folder.is_there()
    assert (here / "v" / NAME).read_bytes() == CONTENT
    assert [each.name for each in here.iterdir()] == ["v"]


@pytest.mark.parametrize("name", [NAME, "notes.txt"])
def test_another_folder_is_left_as_it_is(name: str, source: Path, here: Path) -> None:
    (here / "v").mkdir()
    (here / "v" / name).write_text("mine")
    folder = arriving(here / "v", source)
    with pytest.raises(VersionError, match="left as it is; give another folder with --to"):
        folder.is_there()
    with pytest.raises(VersionError, match="left as it is"):
        fill(folder, source)
    assert (here / "v" / name).read_text() == "mine"


def test_a_file_is_left_as_it_is(source: Path, here: Path) -> None:
    (here / "v").write_text("mine")
    with pytest.raises(VersionError, match="holds something else and is left"):
        arriving(here / "v", source).is_there()


def test_what_does_not_belong_to_it_is_never_put_in_place(source: Path, here: Path) -> None:
    folder = arriving(here / "v", source)
    folder.file("planted", "0" * 32, 1).write(0, b"x")
    with pytest.raises(RemoteError, match="was thrown away; run the same command again"):
        fill(folder, source)
    assert list(here.iterdir()) == []


def test_what_cannot_fit_is_not_begun(source: Path, here: Path) -> None:
    with pytest.raises(RemoteError, match="1,000,000,000 MB are to come, but .* free some"):
        arriving(here / "v", source).check_space(10**15)


def test_a_place_where_nothing_can_be_made_is_named(source: Path) -> None:
    with pytest.raises(
        RemoteError, match=r"source/v cannot be made \(.*\); give another folder with --to"
    ):
        fill(arriving(source / "v", source), source)
