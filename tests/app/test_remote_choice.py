"""The remote that is meant is the named, the default or the only one; a doubt is said."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from app.remote_choice import chosen_remote, open_repository
from app.workspace import Workspace
from pipeline.errors import PrerequisiteError
from tests.configured_remote import write_remotes

TWO = {"one": {"url": "/somewhere/one"}, "two": {"url": "/somewhere/two"}}


def choose(
    root: Path,
    remotes: Mapping[str, Mapping[str, str]],
    name: str | None = None,
    default: str | None = None,
) -> str | None:
    place = Workspace(root)
    (root / ".dvc").mkdir(exist_ok=True)
    write_remotes(place, default, remotes)
    with closing(open_repository(place)) as repo:
        return chosen_remote(repo, name)


def test_which_remote_is_meant(tmp_path: Path) -> None:
    assert choose(tmp_path, {}) is None
    assert choose(tmp_path, {"one": TWO["one"]}) == "one"
    assert choose(tmp_path, TWO, default="two") == "two"
    assert choose(tmp_path, TWO, "one", default="two") == "one"
    with pytest.raises(PrerequisiteError, match=r"\(one, two\); run `dvc remote default"):
        choose(tmp_path, TWO)
    with pytest.raises(PrerequisiteError, match="no remote 'three'.*`dvc remote add three URL`"):
        choose(tmp_path, TWO, "three")


def test_a_broken_configuration_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core\n")
    with pytest.raises(PrerequisiteError, match="cannot be opened.*; correct") as caught:
        open_repository(Workspace(tmp_path))
    assert "\n" not in str(caught.value)
