"""Making a workspace for another folder of documents, beside the repository's own data."""

import os
import shutil
from pathlib import Path
from typing import Any

import yaml

from app.reproduction import run_dvc
from app.workspace import REPOSITORY, Workspace, is_workspace
from eval.case import read_cases
from pipeline.artifact import write_text
from pipeline.digest import hash_text
from pipeline.errors import DataError

_CASES = "cases.jsonl"
_MEASURING = ("answer", "score", "record")


def default_workspace(raw: Path, beside: Workspace) -> Path:
    """Return where the workspace of a raw folder lies unless the user says where."""
    name = f"{raw.resolve().name}-{hash_text(str(raw.resolve()))[:8]}"
    return beside.scratch / "workspaces" / name


def create_workspace(target: Path, raw: Path | None, cases: Path | None = None) -> Workspace:
    """Make or renew a workspace whose `data/raw` is a link to `raw`, or a folder of its own.

    Params that it has already are kept; without cases its pipeline ends with `package`.

    Raises:
        DataError: `raw` is no folder, or `target` is in use for something else.
    """
    if raw is not None and not raw.is_dir():
        raise DataError(f"--raw {raw} is no folder; give the folder that holds your documents")
    if target.exists() and any(target.iterdir()) and not is_workspace(target):
        raise DataError(f"{target} holds other files; give --workspace an empty or new folder")
    target.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(target.resolve())
    if cases is not None:
        read_cases(cases)
        shutil.copyfile(cases, workspace.root / _CASES)
    if not (workspace.root / ".dvc").is_dir():
        run_dvc(workspace, "init", "--no-scm", "--quiet")
    if not workspace.params.exists():
        shutil.copyfile(REPOSITORY / "params.yaml", workspace.params)
    if raw is None:
        workspace.raw.mkdir(parents=True, exist_ok=True)
    else:
        _link(workspace.raw, raw.resolve())
    pipeline = _pipeline(measured=(workspace.root / _CASES).is_file())
    write_text(workspace.root / "dvc.yaml", yaml.safe_dump(pipeline, sort_keys=False))
    return workspace


def _link(link: Path, raw: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink():
        if link.resolve() == raw:
            return
        link.unlink()
    elif link.exists():
        raise DataError(f"{link} holds documents of its own; give --workspace a new folder")
    os.symlink(raw, link, target_is_directory=True)


def _pipeline(*, measured: bool) -> dict[str, Any]:
    """Return the repository's dvc.yaml with code by absolute path and Cases of its own."""
    pipeline: dict[str, Any] = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text("utf-8"))
    pipeline["vars"] = [{"cases": _CASES}] if measured else []
    for name, stage in list(pipeline["stages"].items()):
        if not measured and name in _MEASURING:
            del pipeline["stages"][name]
            continue
        stage["deps"] = [_absolute(str(dep)) for dep in stage["deps"]]
    if not measured:
        del pipeline["vars"], pipeline["plots"]
    return pipeline


def _absolute(dep: str) -> str:
    is_code = dep.endswith(".py") or dep == "constraints.txt"
    return str(REPOSITORY / dep) if is_code else dep
