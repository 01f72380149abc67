"""Lock repair: a dvc.lock that a kill cut short is set aside, so that a run can go on."""

from pathlib import Path

import yaml

from app.workspace import Workspace

ASIDE = "dvc.lock.broken"


def set_aside_broken_lock(workspace: Workspace) -> Path | None:
    """Rename a dvc.lock that cannot be read, and return its new path; None if it is sound.

    DVC writes the file in place. What it recorded is not lost: its run cache knows what has
    run, and brings it back.
    """
    lock = workspace.root / "dvc.lock"
    return lock.rename(lock.with_name(ASIDE)) if is_broken(workspace) else None


def is_broken(workspace: Workspace) -> bool:
    """Whether there is a dvc.lock that cannot be read."""
    lock = workspace.root / "dvc.lock"
    return lock.exists() and not _is_sound(lock)


def _is_sound(lock: Path) -> bool:
    try:
        content = yaml.safe_load(lock.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    if not isinstance(content, dict) or "schema" not in content:
        return False
    stages = content.get("stages", {})
    return isinstance(stages, dict) and all(
        isinstance(stage, dict) and "cmd" in stage for stage in stages.values()
    )
