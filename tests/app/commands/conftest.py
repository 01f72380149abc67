"""What the commands are tried on: another folder of documents, built once into a workspace."""

import json
import shutil
from pathlib import Path

import pytest

from tests.built_version import write_corpus
from tests.project import Project

CASES = (
    {"id": "warranty", "question": "How long is the warranty of the Fjell pump?",
     "answer": "Five years.", "answerable": True, "evidence": [{"document": "warranty.md"}]},
    {"id": "nobody", "question": "Who invented E-9999?", "answer": "", "answerable": False,
     "evidence": []},
)  # fmt: skip


def write_cases(path: Path) -> Path:
    path.write_text("".join(json.dumps(case) + "\n" for case in CASES), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory, default_encoders: Path) -> Project:
    """`some papers`, `questions.jsonl` and `work space`, a workspace built from them."""
    home = Project(tmp_path_factory.mktemp("a home"))
    write_corpus(home.root / "some papers")
    (home.root / "some papers" / "empty.txt").touch()
    (home.root / "some papers" / "broken.pdf").write_bytes(b"%PDF-1.7 no more")
    write_cases(home.root / "questions.jsonl")
    shutil.copytree(default_encoders, home.root / "work space" / ".winnow" / "encoders")
    done = home.run(
        "winnow", "run", "--raw", "some papers", "--workspace", "work space",
        "--cases", "questions.jsonl", "--set", "chunk.size=30",
    )  # fmt: skip
    (home.root / "said.txt").write_text(done.stdout, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def home(elsewhere: Project, tmp_path: Path) -> Project:
    """A copy of it of the test's own."""
    shutil.copytree(elsewhere.root, tmp_path / "home", symlinks=True)
    link = tmp_path / "home" / "work space" / "data" / "raw"
    link.unlink()
    link.symlink_to(tmp_path / "home" / "some papers")
    return Project(tmp_path / "home")
