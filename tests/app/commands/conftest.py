"""What the commands are tried on: another folder of documents, built once into a workspace."""

import json
import shutil
from pathlib import Path

import pytest

from app.workspace.workspace import Workspace
from eval.ledger.mlflow_ledger import ledger_at
from tests.support.mlflow import new_ledger
from tests.support.project import Project, copy_project, made_once
from tests.support.promotions import PromotedWorkspace, make_promoted_workspace
from tests.support.receipts import made_key
from tests.support.versions import write_corpus

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

    def make(root: Path) -> None:
        write_corpus(root / "some papers")
        (root / "some papers" / "empty.txt").touch()
        (root / "some papers" / "broken.pdf").write_bytes(b"%PDF-1.7 no more")
        write_cases(root / "questions.jsonl")
        shutil.copytree(default_encoders, root / "work space" / ".winnow" / "encoders")
        done = Project(root).run(
            "winnow", "run", "--raw", "some papers", "--workspace", "work space",
            "--cases", "questions.jsonl", "--set", "chunk.size=30",
        )  # fmt: skip
        (root / "said.txt").write_text(done.stdout, encoding="utf-8")
        assert done.returncode == 0, done.stderr

    return Project(made_once(tmp_path_factory, "a home", make))


@pytest.fixture
def home(elsewhere: Project, tmp_path: Path) -> Project:
    """A copy of it of the test's own."""
    home = copy_project(elsewhere, tmp_path / "home")
    link = home.root / "work space" / "data" / "raw"
    link.unlink()
    link.symlink_to(home.root / "some papers")
    return home


@pytest.fixture(scope="session")
def promotions(tmp_path_factory: pytest.TempPathFactory, mlflow_tables: Path) -> PromotedWorkspace:
    """Two Versions that were promoted in MLflow, signed by the key beside; tests change a copy."""

    def make(folder: Path) -> None:
        ledger = new_ledger(folder / "here", mlflow_tables)
        project = make_promoted_workspace(folder / "here", ledger)
        key = made_key(folder)
        project.promote("one", key)
        project.promote("two", key)

    folder = made_once(tmp_path_factory, "promotions", make)
    root = folder / "here"
    return PromotedWorkspace(Workspace(root), folder / "remote", ledger_at(root, {}))
