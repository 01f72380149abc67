"""Making a workspace for another folder of documents, beside the repository's own data."""

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from app.workspace.raw import ignore_filter
from app.workspace.reproduction import initialise
from app.workspace.workspace import LISTED, REPOSITORY, Workspace
from eval.cases.case import read_cases
from pipeline.errors import DataError
from pipeline.files import hash_text, write_text

if TYPE_CHECKING:
    from dvc.ignore import DvcIgnoreFilter

_CASES = "cases.jsonl"
_MEASURING = ("answer", "score", "record")
_RAW = "data/raw"
_CODE = ("eval/", "pipeline/")
_IGNORED = f"# DVC sees the documents through their listing alone.\n/{_RAW}\n"


def default_workspace(raw: Path, beside: Workspace) -> Path:
    """Return where the workspace of a raw folder lies unless the user says where."""
    # DVC fails on a path that is no UTF-8, and the name may hold anything.
    readable = re.sub(r"[^\w. -]", "_", raw.resolve().name)[:80]
    name = f"{readable}-{hash_text(str(raw.resolve()))[:8]}"
    return beside.scratch / "workspaces" / name


def create_workspace(
    target: Path, raw: Path | None, cases: Path | None = None, code: Path = REPOSITORY
) -> Workspace:
    """Make or renew a workspace whose `data/raw` is a link to `raw`, or a folder of its own.

    Params that it has already are kept; without cases its pipeline ends with `package`. Its
    `ingest` depends on a listing of `data/raw`, so that DVC never meets what lies there. `code`
    is the repository whose pipeline it runs.

    Raises:
        DataError: `raw` is no folder, or `target` is in use for something else.
        CaseError: `cases` cannot be used.
    """
    _check(target, raw)
    if cases is not None:
        read_cases(cases)
    target.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(target.resolve())
    if not (workspace.root / ".dvc").is_dir():
        initialise(workspace)
    own_cases = workspace.root / _CASES
    if cases is not None and cases.resolve() != own_cases:
        write_text(own_cases, cases.read_text(encoding="utf-8"))
    if not workspace.params.exists():
        shutil.copyfile(code / "params.yaml", workspace.params)
    pipeline = _pipeline(code, measured=own_cases.is_file())
    write_text(workspace.root / "dvc.yaml", yaml.safe_dump(pipeline, sort_keys=False))
    write_text(workspace.root / ".dvcignore", _IGNORED)
    if raw is None:
        workspace.raw.mkdir(parents=True, exist_ok=True)
    else:
        _link(workspace.raw, raw.resolve())
    return workspace


def _check(target: Path, raw: Path | None) -> None:
    if raw is not None and not raw.is_dir():
        raise DataError(f"--raw {raw} is no folder; give the folder that holds your documents")
    if raw is not None and target.resolve().is_relative_to(raw.resolve()):
        raise DataError(f"{target} lies inside --raw {raw}; give --workspace a folder outside it")
    if target.exists() and not target.is_dir():
        raise DataError(f"{target} is a file; give --workspace an empty or new folder")
    if _holds_anything(target) and not _is_made_here(target):
        raise DataError(f"{target} holds other files; give --workspace an empty or new folder")


def _holds_anything(target: Path) -> bool:
    """Whether a folder holds more than caches, which may be deleted at any time."""
    return target.is_dir() and any(each.name != ".winnow" for each in target.iterdir())


def _is_made_here(target: Path) -> bool:
    """Whether a folder was made by `create_workspace`, and not a clone or someone's project."""
    config = target / ".dvc" / "config"
    return config.is_file() and "no_scm = True" in config.read_text(encoding="utf-8")


def _link(link: Path, raw: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_dir() and link.resolve() == raw:
        return
    if link.is_symlink():
        link.unlink()
    elif link.exists():
        raise DataError(f"{link} holds documents of its own; give --workspace a new folder")
    os.symlink(raw, link, target_is_directory=True)


def _pipeline(code: Path, *, measured: bool) -> dict[str, Any]:
    """Return the repository's dvc.yaml with code by absolute path and Cases of its own."""
    pipeline: dict[str, Any] = yaml.safe_load((code / "dvc.yaml").read_text("utf-8"))
    ignored = ignore_filter(code)
    for name, stage in list(pipeline["stages"].items()):
        if not measured and name in _MEASURING:
            del pipeline["stages"][name]
            continue
        stage["deps"] = [
            each for dep in stage["deps"] for each in _own_deps(str(dep), code, ignored)
        ]
    if measured:
        pipeline["vars"] = [{"cases": _CASES}]
    else:
        del pipeline["vars"], pipeline["plots"]
    return pipeline


def _own_deps(dep: str, code: Path, ignored: "DvcIgnoreFilter") -> list[str]:
    """Return what a dep of the repository's pipeline is here.

    A folder of code becomes its files: the repository's .dvcignore does not reach there from here,
    and one `.pyc` would make the folder another.
    """
    if dep == _RAW:
        return [_RAW + LISTED]
    if dep.startswith(_CODE):
        folder = str(code / dep)
        return sorted(ignored.find(ignored.fs, folder)) if (code / dep).is_dir() else [folder]
    return [dep]
