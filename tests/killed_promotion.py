"""Promotions that are killed after a step and then mended, each in a process of its own.

Run as `python -m tests.killed_promotion ROOT MEND:STEP=ID …`: prints a line of JSON for each. MEND
is `doctor`, which repairs, or `again`, which asks for the promotion once more.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.dvc_remote import open_remote
from app.examination import Examination
from app.gate_sides import GateSides
from app.judged_sides import judge_sides
from app.promotion_request import PromotionRequest, answer_request
from app.version_objects import version_objects
from app.workspace import Workspace
from eval.ledger import CHAMPION
from eval.mlflow_ledger import ledger_at
from eval.receipt_check import check_receipts


def measure(place: Workspace, versions: Sequence[str]) -> None:
    """Score Versions, so that their promotions need not: what was scored is found again."""
    for version in versions:
        judge_sides(place, GateSides(version, None, None), explained=False)


def kill_after(place: Workspace, version: str, last: str) -> None:
    """Promote a Version and end this process, as nothing can prevent, after a step."""

    def reached(step: str) -> None:
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)

    request = PromotionRequest(place, version)
    answer_request(request, os.environ, lambda step, _: reached(step), lambda _: reached("judged"))


def ask_again(place: Workspace, version: str) -> dict[str, Any]:
    """Promote it again; return what the kill left, what was done now and what is there then."""
    ledger, steps = ledger_at(place.root, os.environ), []
    left = ledger.champion()
    answer = answer_request(
        PromotionRequest(place, version),
        os.environ,
        lambda step, _: steps.append(step),
        lambda _: None,
    )
    with open_remote(place) as remote:
        assert remote is not None
        return {
            "left": left == version,
            "already": answer.already,
            "steps": steps,
            "champion": ledger.champion(),
            "alias": ledger.aliases().get(CHAMPION),
            "missing": remote.missing(version_objects(place, version).digests),
            "uncopied": sorted(set(ledger.attachments()) - set(_copies(remote))),
            "links": len(ledger.chain()),
        }


def repair(place: Workspace, version: str) -> dict[str, Any]:
    """Do what `winnow doctor --repair` does; return what was wrong, and what is then."""
    ledger = ledger_at(place.root, os.environ)
    left = ledger.champion()
    with open_remote(place) as remote:
        examination = Examination(place, ledger, remote)
        found = []
        for diagnosis in examination.diagnoses():
            if diagnosis.state == "wrong":
                found.append(diagnosis.part)
                assert diagnosis.repair, diagnosis.said
                diagnosis.repair.act()
        return {
            "left": left == version,
            "repaired": found,
            "wrong": [each.said for each in examination.diagnoses() if each.state == "wrong"],
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
    place = Workspace(Path(sys.argv[1]))
    mends = {"doctor": repair, "again": ask_again}
    asked = [each.replace(":", "=").split("=") for each in sys.argv[2:]]
    assert _in_child(lambda: measure(place, [version for _, _, version in asked])) == 0
    for mend, step, version in asked:
        ended = _in_child(lambda: kill_after(place, version, step))  # noqa: B023
        assert ended == -signal.SIGKILL, (step, ended)
        ended = _in_child(lambda: _tell(mends[mend](place, version)))  # noqa: B023
        assert ended == 0, (step, ended)


if __name__ == "__main__":
    main()
