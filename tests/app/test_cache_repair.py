"""What is damaged in DVC's cache is removed, and a run brings it back."""

from pathlib import Path

import pytest
import yaml

from app.cache_repair import remove_damaged
from app.reproduction import initialise, reproduce
from app.workspace import Workspace

# DVC 3.67 on pygtrie 2.6.
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")
MAKE = (
    "python -c \"import pathlib; v = pathlib.Path('data/version'); v.mkdir(parents=True);"
    "(v / 'a').write_text('a'); (v / 'b').write_text('b')\""
)


def built(root: Path) -> Workspace:
    place = Workspace(root)
    (root / "data" / "raw").mkdir(parents=True)
    (root / "data" / "raw" / "x").write_text("x", encoding="utf-8")
    initialise(place)
    stages = {
        "ingest": {"cmd": "true", "deps": ["data/raw"], "outs": []},
        "package": {"cmd": MAKE, "deps": ["data/raw"], "outs": ["data/version"]},
    }
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}), encoding="utf-8")
    reproduce(place)
    return place


def objects(place: Workspace) -> list[Path]:
    return sorted(path for path in (place.cache / "files").rglob("*") if path.is_file())


def damage(path: Path) -> None:
    path.chmod(0o644)
    path.write_text("junk", encoding="utf-8")
    path.chmod(0o444)


def test_a_sound_cache_is_left_alone(tmp_path: Path) -> None:
    place = built(tmp_path)
    before = objects(place)
    assert len(before) == 3
    assert remove_damaged(place) == []
    assert objects(place) == before


def test_a_damaged_file_or_listing_goes_and_a_run_brings_it_back(tmp_path: Path) -> None:
    place = built(tmp_path)
    for path in objects(place):
        damage(path)
        reproduce(place)
        assert remove_damaged(place) == []
        assert len(objects(place)) == 3


def test_a_damaged_file_goes_although_the_built_folder_is_gone_too(tmp_path: Path) -> None:
    place = built(tmp_path)
    version = place.version
    for path in objects(place):
        damage(path)
    for name in "ab":
        (tmp_path / "data" / "version" / name).unlink()
    reproduce(place)
    assert place.version == version
    assert (tmp_path / "data" / "version" / "a").read_text("utf-8") == "a"


def test_nothing_built_has_nothing_damaged(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    initialise(place)
    (tmp_path / "dvc.yaml").write_text("stages: {}", encoding="utf-8")
    assert remove_damaged(place) == []
