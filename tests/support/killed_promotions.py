"""Promotions that are killed after a step and mended, each in a process of its own.

`python -m tests.support.killed_promotions ROOT MEND:STEP=VERSION …` prints a line of JSON for each.
It forks, so that DVC and MLflow are imported once.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from app.diagnosis import diagnose
from app.gate.sides import GateSides
from app.gate.trial import judge_sides
from app.promotion.promotion import PromotionRequest, promote_version
from app.storage.remote import open_remote
from app.storage.version_objects import version_objects
from app.workspace.workspace import Workspace
from eval.ledger.ledger import CHAMPION
from eval.ledger.mlflow_ledger import ledger_at
from eval.receipts.check import check_receipts


def measure(workspace: Workspace, versions: Iterable[str]) -> None:
    """Score Versions, so that their promotions need not: what was scored is found again."""
    for version in versions:
        judge_sides(workspace, GateSides(version, None, None), explained=False)


def kill_after(workspace: Workspace, version: str, last: str) -> None:
    """Promote a Version and end this process, as nothing can prevent, after a step."""

    def reached(step: str) -> None:
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)

    request = PromotionRequest(workspace, version)
    promote_version(request, os.environ, lambda step, _: reached(step), lambda _: reached("judged"))


def ask_again(workspace: Workspace, version: str) -> dict[str, Any]:
    """Promote it again; return what the kill left, what was done now and what is there then."""
    ledger, steps = ledger_at(workspace.root, os.environ), []
    left = ledger.champion()
    result = promote_version(
        PromotionRequest(workspace, version),
        os.environ,
        lambda step, _: steps.append(step),
        lambda _: None,
    )
    with open_remote(workspace) as remote:
        assert remote is not None
        return {
            "left": left == version,
            "already": result.already,
            "steps": steps,
            "champion": ledger.champion(),
            "alias": ledger.aliases().get(CHAMPION),
            "missing": remote.missing(version_objects(workspace, version).digests),
            "uncopied": sorted(set(ledger.attachments()) - set(_copies(remote))),
            "links": len(ledger.chain()),
        }


def repair(workspace: Workspace, version: str) -> dict[str, Any]:
    """Do what `winnow doctor --repair` does; return what was wrong, and what is then."""
    ledger = ledger_at(workspace.root, os.environ)
    left = ledger.champion()
    with open_remote(workspace) as remote:
        found = []
        for diagnosis in diagnose(workspace, ledger, remote):
            if diagnosis.state == "wrong":
                found.append(diagnosis.part)
                assert diagnosis.repair, diagnosis.said
                diagnosis.repair.act()
        return {
            "left": left == version,
            "repaired": found,
            "wrong": [
                each.said for each in diagnose(workspace, ledger, remote) if each.state == "wrong"
            ],
            "champion": ledger.champion(),
            "alias": ledger.aliases().get(CHAMPION),
            "faults": check_receipts(ledger, None)[1].faults,
            "links": len(ledger.chain()),
        }


def _tell(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")


def _copies(remote: Any) -> list[str]:
    return [name for folder in ("receipts", "verdicts") for name in remote.names(folder)]


def _in_child(work: Callable[[], object]) -> int:
    """Fork, which spares importing everything anew; return how the child ended."""
    child = os.fork()
    if not child:
        work()
        sys.stdout.flush()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """Kill and mend, one after the other."""
    import dvc.repo
    import mlflow

    assert dvc.repo
    assert mlflow
    workspace = Workspace(Path(sys.argv[1]))
    mends = {"doctor": repair, "again": ask_again}
    asked = [each.replace(":", "=").split("=") for each in sys.argv[2:]]
    assert _in_child(lambda: measure(workspace, {version for _, _, version in asked})) == 0
    for mend, step, version in asked:
        ended = _in_child(lambda: kill_after(workspace, version, step))  # noqa: B023
        assert ended == -signal.SIGKILL, (step, ended)
        ended = _in_child(lambda: _tell(mends[mend](workspace, version)))  # noqa: B023
        assert ended == 0, (step, ended)


if __name__ == "__main__":
    main()
