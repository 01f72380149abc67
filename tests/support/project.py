"""A whole project in a folder of its own: Winnow's code under git, a small corpus, real DVC."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock
from typer.testing import CliRunner

from app.main import build
from app.workspace.settings import change_settings
from tests.support.versions import write_corpus


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder that `make` makes; the others wait for it, and nobody may change it."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # A worker's own folder lies in the one of the whole run.
        shared = shared.parent
    folder, done = shared / name, shared / f"{name}.made"
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
_COPIED = ("app", "eval", "pipeline", "params.yaml", "dvc.yaml", ".dvcignore", ".gitignore")
METRICS = "score.metrics=[answer_alignment, groundedness, token_f1]"
"""Those that need no RAGAS: to import it takes longer than a stage has to do here."""
_LARGE = 1 << 20
_CASES = (
    ("warranty", "How long is the warranty of the Fjell pump?", "Five years.", "warranty.md",
     "The warranty of the Fjell pump lasts five years from the day of purchase."),
    ("code", "What does E-4471 mean?", "The return line is frozen.", "notes.txt",
     "Error E-4471 means that the return line of the pump is frozen."),
    ("garantie", "Combien dure la garantie de la chaudière Brisa ?", "Dix ans.", "garantie.html",
     "La garantie de la chaudière Brisa dure dix ans."),
    ("filter", "How often is the filter cleaned?", "Every three months.", "maintenance.docx",
     "Clean the filter every three months with warm water."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a pipeline, and the commands that people run in it."""

    root: Path

    def run(self, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment (`winnow`, `dvc`) or of the system (`git`)."""
        return subprocess.run(
            command,
            cwd=self.root,
            env={**environment(), **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    def ok(self, *command: str, **environ: str) -> str:
        """Run a command that must succeed and return what it printed."""
        done = self.run(*command, **environ)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    @property
    def lock(self) -> dict[str, Any]:
        """The stages of dvc.lock."""
        content: dict[str, Any] = yaml.safe_load((self.root / "dvc.lock").read_text("utf-8"))
        return dict(content["stages"])

    @property
    def version(self) -> str:
        """The id of the Version that dvc.lock names."""
        [out] = self.lock["package"]["outs"]
        return str(out["md5"])

    def records(self) -> list[dict[str, Any]]:
        """What `winnow versions` lists; here, as a process takes seconds to import MLflow."""
        command = ("versions", "--format", "json", "--workspace", str(self.root))
        nowhere_else = {"MLFLOW_TRACKING_URI": None}
        done = CliRunner().invoke(build(), command, env=nowhere_else, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        return rows

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.ok("git", "add", "--all")
        self.ok("git", "commit", "--quiet", "--message", message)


def environment() -> dict[str, str]:
    """Return an environment with our commands first and nobody's git settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_TRACK")}
    who = {"NAME": "Ada", "EMAIL": "ada@example.org"}
    people = {f"GIT_{role}_{key}": who[key] for role in ("AUTHOR", "COMMITTER") for key in who}
    path = f"{BIN}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, **people, "PATH": path, "COLUMNS": "160", "TERM": "dumb"}


def run_stage(
    stage: str, folder: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a stage as DVC does, `python -m`; a folder without code of its own runs this code."""
    own = {} if (folder / "pipeline").is_dir() else {"PYTHONPATH": str(ROOT)}
    plain = {name: value for name, value in environment().items() if "OPENAI" not in name}
    return subprocess.run(
        [sys.executable, "-m", f"pipeline.stages.{stage}"],
        cwd=folder,
        env={**plain, **own, **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def make_project(root: Path, encoders: Path) -> Project:
    """Lay a project out, not yet built; `encoders` saves exporting the encoder again."""
    root.mkdir(parents=True)
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, root / name)
    change_settings(root / "params.yaml", [METRICS])
    write_corpus(root / "data" / "raw")
    cases = [
        {"id": name, "question": question, "answer": answer, "answerable": True,
         "evidence": [{"document": document, "quote": quote}], "tags": ["single"]}
        for name, question, answer, document, quote in _CASES
    ]  # fmt: skip
    cases.append({"id": "none", "question": "Who invented E-9999?", "answer": "",
                  "answerable": False, "evidence": [], "tags": ["unanswerable"]})  # fmt: skip
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    (root / "eval" / "cases" / "handbook.jsonl").write_text(lines, encoding="utf-8")
    shutil.copytree(encoders, root / ".winnow" / "encoders", copy_function=_shared)
    project = Project(root)
    project.ok("git", "init", "--quiet")
    project.ok("dvc", "init", "--quiet")
    project.commit("start")
    return project


def copy_project(project: Project, root: Path) -> Project:
    """Copy a project as it stands, built or not."""
    shutil.copytree(project.root, root, symlinks=True, copy_function=_shared)
    return Project(root)


def _shared(source: str, target: str) -> None:
    """Copy a file, but link what is large: an encoder, four times in a project, fills a disk.

    Winnow and DVC replace files and never write into them.
    """
    if os.stat(source).st_size < _LARGE or source.endswith(".db"):
        shutil.copy2(source, target)
    else:
        os.link(source, target)
