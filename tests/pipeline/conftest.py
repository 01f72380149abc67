"""What the tests of `pipeline` share: a DVC cache that DVC itself wrote, a scripted endpoint."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.support.endpoints import OpenedExchange, ScriptedEndpoint, opened_exchanges, scripted


@dataclass(frozen=True)
class DvcProject:
    """A folder with `tricky` and `version` added to DVC, and the ids that it gave them."""

    root: Path
    ids: dict[str, str]

    @property
    def cache(self) -> Path:
        return self.root / ".dvc" / "cache"


TRICKY = {
    "a-b/x": "one",
    "a/y": "two",
    "a.txt": "three",
    "a/b c.txt": "four",
    "a/é.txt": "five",
    "a/e\u0301.txt": "the same name, decomposed",
    "保証/😀.md": "six",
    "Z": "seven",
    "empty": "",
    "deep/er/still/x": "one",
    'quote"d': "eight",
}
"""Paths that sort otherwise by parts, by case or by bytes than as strings."""


@pytest.fixture(scope="session")
def dvc_project(tmp_path_factory: pytest.TempPathFactory, version_folder: Path) -> DvcProject:
    root = tmp_path_factory.mktemp("dvc")
    for name, text in TRICKY.items():
        path = root / "tricky" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "tricky" / "an empty folder").mkdir()
    shutil.copytree(version_folder, root / "version")
    for arguments in (["init", "--no-scm", "-q"], ["add", "-q", "tricky", "version"]):
        subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=root, check=True)
    pointers = {name: (root / f"{name}.dvc").read_text() for name in ("tricky", "version")}
    ids = {name: yaml.safe_load(text)["outs"][0]["md5"] for name, text in pointers.items()}
    return DvcProject(root, ids)


@pytest.fixture
def server() -> Iterator[ScriptedEndpoint]:
    with scripted() as server:
        yield server


@pytest.fixture
def opened(server: ScriptedEndpoint, tmp_path: Path) -> Iterator[OpenedExchange]:
    with opened_exchanges() as opening:
        yield opening(server.environ(), tmp_path)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool
