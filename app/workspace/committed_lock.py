"""Committed lock: whether dvc.lock differs from the committed one by this machine's doing alone.

Another type of CPU or another release of a library gives embeddings that differ in their last
bits, and with them all that is built on them. Whoever runs a clean clone there finds files
changed that nobody touched.
"""

import shlex
from typing import Any

import yaml

from app.workspace.workspace import Workspace, load_yaml
from pipeline.process import git_output

Stages = dict[str, dict[str, Any]]


def machine_difference(workspace: Workspace) -> str | None:
    """Return one line for a person where a stage wrote other bytes than the committed ones.

    None where dvc.lock is the committed one, where code, params, Cases or documents differ, which
    is reason enough, and where nothing is committed.
    """
    text = (workspace.root / "dvc.lock").read_text(encoding="utf-8")
    committed_text = git_output(workspace.root, "show", "HEAD:./dvc.lock")
    if committed_text is None or committed_text == text.strip():
        return None
    here, committed = _stages(text), _stages(committed_text)
    changed = [name for name in workspace.stages if _outs(here, name) != _outs(committed, name)]
    if not changed or _inputs(here) != _inputs(committed):
        return None
    files = " ".join(shlex.quote(each) for each in _tracked_changes(workspace, here))
    return (
        f"{changed[0]} made other bytes than the committed ones of the same code, params and "
        "documents, as another type of CPU or library does in a number's last digits: you changed "
        f"nothing, and all of it may stay. To commit without it, `git restore {files}`; "
        "`winnow run` then builds it again when you go on"
    )


def _stages(lock: str) -> Stages:
    try:
        stages: Stages = load_yaml(lock)["stages"]
    except (yaml.YAMLError, TypeError, KeyError):
        return {}
    return stages


def _inputs(stages: Stages) -> dict[str, list[Any]]:
    """Return what each stage was given, but for what other stages wrote."""
    made = {path for name in stages for path in _outs(stages, name)}
    return {
        name: [
            stage.get("cmd"),
            stage.get("params"),
            {
                each["path"]: each["md5"]
                for each in stage.get("deps", ())
                if each["path"] not in made
            },
        ]
        for name, stage in stages.items()
    }


def _outs(stages: Stages, name: str) -> dict[str, str]:
    return {each["path"]: each["md5"] for each in stages.get(name, {}).get("outs", ())}


def _tracked_changes(workspace: Workspace, stages: Stages) -> list[str]:
    """Return dvc.lock and the outs under git that differ from the commit, from the workspace."""
    outs = [path for name in stages for path in _outs(stages, name)]
    changed = git_output(
        workspace.root, "diff", "--name-only", "--relative", "-z", "HEAD", "--", "dvc.lock", *outs
    )
    return [each for each in (changed or "").split("\0") if each]
